"""What a question that cannot be asked raises."""


class QueryError(ValueError):
    """A question that cannot be asked; its text is meant for people. `parameter` names what was wrong."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter
