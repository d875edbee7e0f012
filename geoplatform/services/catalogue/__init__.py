"""The open-data catalogue: what there is, for portals that harvest it (DCAT-AP.de 3.0)."""
