"""Processes that read files start without what they do not need."""

import sys
from typing import Any


class WithoutPandas:
    """pyarrow and pyogrio load pandas only to ask whether they were given some: more CPU than a city's rows take."""

    def find_spec(self, name: str, *_arguments: Any) -> None:
        if name in {"pandas", "geopandas"}:
            raise ModuleNotFoundError(name)


def without_pandas() -> None:
    """From here on pandas is not there. For a process that does nothing but load."""
    sys.meta_path.insert(0, WithoutPandas())
