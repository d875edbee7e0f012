"""What people propose, open to all: /api/proposals."""
