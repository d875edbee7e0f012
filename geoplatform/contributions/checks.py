"""Wrong thresholds fail at `manage.py check`, with an id and a hint."""
