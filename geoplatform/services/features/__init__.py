"""OGC API Features (OGC 17-069r4) over the registry."""
