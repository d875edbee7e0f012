"""What people add and correct: `services.py` writes, all other files help it."""
