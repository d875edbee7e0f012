"""What was changed since a map was opened."""
