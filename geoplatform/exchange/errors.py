"""Why nothing was loaded."""


class LoadError(Exception):
    """Nothing was loaded. The message is one sentence for people."""
