"""The answer to a question of features as its page shows it: map, table and words, all from the same rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from geoplatform.analysis import asking, said
from geoplatform.analysis.about import NOTHING, figure, instant_words, licence_names, number
from geoplatform.analysis.question import Question
from geoplatform.analysis.reply import Reply
from geoplatform.planning import picture
from geoplatform.planning.classes import Classes, classified


def query(question: Question, written: str, /, **changes: str) -> str:
    """A question of a date as it was written (empty: today) as the query of an address."""
    found = {**question.parameters(), "at": written, **changes}
    return urlencode({name: text for name, text in found.items() if text}, safe=",:")


@dataclass
class Told:
    """What is shown of `reply`; `at` is the date as it was written, empty for today."""

    reply: Reply
    at: str

    @cached_property
    def column(self) -> Any:
        return said.column(self.reply.question)

    @property
    def title(self) -> str:
        return said.title(self.reply.question)

    @property
    def label(self) -> str:
        unit = f" ({self.column.unit})" if self.column.unit else ""
        return f"{capfirst(str(self.column.title))}{unit}"

    @property
    def values(self) -> pd.Series:
        return self.reply.rows["value"].astype("float64")

    @cached_property
    def classes(self) -> Classes:
        return classified(self.values, self.column, "quantiles")

    @property
    def counts(self) -> bool:
        """Whether the figure is how many features there are."""
        return self.reply.question.figure == "count"

    @property
    def several(self) -> bool:
        return self.reply.question.per == "quarter" and len(self.reply.question.municipalities) > 1

    @property
    def where(self) -> str:
        question = self.reply.question
        if question.per == "area":
            return _("Drawn area")
        known = asking.comparable()
        return ", ".join(known.get(each, each) for each in question.municipalities)

    @property
    def at_words(self) -> str:
        return instant_words(self.reply.at)

    @property
    def terms(self) -> list[tuple[str, str]]:
        return said.terms(self.reply.question)

    @property
    def caveats(self) -> list[str]:
        return said.caveats(self.reply.question)

    @property
    def licences(self) -> list[tuple[str, str]]:
        return licence_names(self.reply.licences)

    def map(self) -> picture.Picture:
        def look(id: str) -> tuple[str, str, str]:
            found = self.classes.of(self.values[id])
            title = f"{self.reply.rows.loc[id, 'name']}: {figure(self.values[id], self.column, unit=True)}"
            return title, *((str(found.shade), str(found.number)) if found else ("none", ""))

        return picture.drawn(self.reply.rows, look)

    def table(self) -> list[dict[str, Any]]:
        """The areas, most first; those without figure last."""
        rows = self.reply.rows.assign(_value=-self.values).sort_values(
            ["_value", "name"], na_position="last", kind="stable"
        )
        return [self._row(str(id), row) for id, row in rows.iterrows()]

    def _row(self, id: str, row: pd.Series) -> dict[str, Any]:
        known = asking.comparable()
        inhabitants = row["inhabitants"]
        return {
            "id": id,
            "name": row["name"],
            "town": known.get(row["municipality"], row["municipality"]),
            "value": figure(self.values[id], self.column),
            "class": self.classes.of(self.values[id]),
            "features": number(float(row["features"])),
            "known": number(float(row["known"])),
            "inhabitants": NOTHING if math.isnan(inhabitants) else number(float(inhabitants)),
        }

    @property
    def total(self) -> str:
        """How many features the figures are of, all areas together."""
        return number(float(self.reply.rows["features"].sum()))

    def query(self, **changes: str) -> str:
        """The question as the query of an address."""
        return query(self.reply.question, self.at, **changes)

    @property
    def lasting(self) -> str:
        """The same of the instant of its data: asked again, it says the same."""
        return self.query(at=self.reply.at.isoformat().replace("+00:00", "Z"))

    def citation(self, platform: str, address: str) -> str:
        """The paragraph that a council paper can quote."""
        reply = self.reply
        parts = [
            f"{self.title}, {self.where}.",
            said.definition(reply.question),
            _("Data of %(at)s, version %(version)d.")
            % {"at": self.at_words, "version": reply.version},
        ]
        sources = [*reply.attributions, *(label for label, _address in self.licences)]
        if sources:
            parts.append(_("Sources: %s.") % ", ".join(sources))
        return " ".join([*parts, f"{platform}, {address}"])
