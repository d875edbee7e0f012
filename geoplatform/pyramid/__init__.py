"""What a million points look like from far away: reading the pyramids that the database keeps (database/pyramid.py)."""
