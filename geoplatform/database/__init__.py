"""The database: the private cluster, the two roles, and the SQL that migrations install.

All SQL that the database owns is read in `sql/` (functions shared by all tables) and `triggers.py` (one table).
"""
