"""What a load did: counts that add up, and the rows that need a look."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

REPORTED, REPAIRED = "reported", "repaired"
# Loaded as far as people had changed nothing; what the two disagree about waits for somebody.
DISAGREES = "disagreement"
# Not loaded, because people deleted the feature or found it to be another one.
REMOVED = "removed"


@dataclass
class Problem:
    """Rows with one and the same problem: their numbers in the file and their keys, None where a row has none."""

    kind: str
    text: str
    rows: list[int] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@dataclass
class Summary:
    """Rows of the file by what became of them.

    read = inserted + updated + unchanged + removed + reported + filtered; repaired rows, and those with a
    disagreement, are loaded and counted there too.

    proposals  disagreements that wait in the queue from now on
    gone       features that a complete file does not name any more, marked as such now
    asked      those that people have found since, so that they are asked; not marked
    back       features that had been marked as gone and are in the file again
    duplicates pairs with features of people's that are offered to be merged from now on
    not_judged why nothing was marked although the file is said to be complete
    in_layers  features of this source by layer of the same table; outside: those of them in no quarter
    """

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    filtered: int = 0
    proposals: int = 0
    gone: int = 0
    back: int = 0
    duplicates: int = 0
    asked: int = 0
    not_judged: str = ""
    outside: int | None = None
    in_layers: dict[str, int] = field(default_factory=dict)
    problems: dict[tuple[str, str], Problem] = field(default_factory=dict)

    def add(
        self, kind: str, text: str, rows: np.ndarray | list[int], keys: list[str | None]
    ) -> None:
        """Note a problem of some rows."""
        problem = self.problems.setdefault((kind, text), Problem(kind, text))
        problem.rows.extend(int(row) for row in rows)
        problem.keys.extend(keys)

    def _rows(self, kind: str) -> set[int]:
        return {row for each in self.problems.values() if each.kind == kind for row in each.rows}

    @property
    def reported(self) -> int:
        """Rows that were not loaded."""
        return len(self._rows(REPORTED))

    @property
    def repaired(self) -> int:
        """Rows that were loaded with a repaired geometry."""
        return len(self._rows(REPAIRED) - self._rows(REPORTED))

    @property
    def removed(self) -> int:
        """Rows about features that people removed."""
        return len(self._rows(REMOVED))

    @property
    def conflicts(self) -> int:
        """Rows that say something new where people changed the same."""
        return len(self._rows(DISAGREES))

    def reported_keys(self) -> set[str | None]:
        """Keys of the rows that were not loaded; None among them: of some it is not known."""
        return {
            key for each in self.problems.values() if each.kind == REPORTED for key in each.keys
        }

    @property
    def loaded(self) -> int:
        """Rows that are in the database now."""
        return self.inserted + self.updated + self.unchanged

    def write(self, path: Path) -> None:
        """The report as CSV, in the order of the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = sorted(
            (row, key or "", each.kind, each.text)
            for each in self.problems.values()
            for row, key in zip(each.rows, each.keys, strict=True)
        )
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "key", "kind", "problem"])
            writer.writerows(lines)
