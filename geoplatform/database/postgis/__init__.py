"""Django's PostGIS backend, which starts the private cluster when the first connection is asked for."""
