"""One file per indicator: a declaration called `indicator`. A new one is one new file."""
