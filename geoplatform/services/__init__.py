"""What other programs read and write: siblings that do not know each other."""
