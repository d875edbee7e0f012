"""One hostile geometry per file: what the database and the services make of it."""
