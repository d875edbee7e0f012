"""Vector tiles, TileJSON and MapLibre styles over the registry."""
