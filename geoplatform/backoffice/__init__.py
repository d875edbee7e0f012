"""The admin, built from the registry."""
