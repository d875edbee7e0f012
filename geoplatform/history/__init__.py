"""Changesets and versions, written by triggers: nothing that stood on the map is ever lost."""
