"""Indicators of quarters for programs: /api/analyses, in the shapes of OGC API Processes (18-062r2)."""
