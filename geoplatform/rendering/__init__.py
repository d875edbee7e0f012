"""From a Symbol to what is seen: the MapLibre style and the legend."""
