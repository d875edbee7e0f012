"""What the form of a scenario says: the drawing and the question asked of it, out of a form or out of what is kept."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geoplatform.analysis import asking, overlay, reading, registry, whatif
from geoplatform.analysis.indicator import Indicator
from geoplatform.analysis.overlay import Overlay, Part
from geoplatform.planning.models import Scenario
from geoplatform.planning.question import Question, parse
from geoplatform.query.errors import QueryError

# What is asked first.
USUAL = "green-within-a-walk"
# What a form holds of the question besides the indicator's parameters.
ASKED = ("indicator", "of", "municipality", "at", "column", "classes")


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A drawing and its question. `towns` are those asked for, else those that the drawing meets."""

    overlay: Overlay
    question: Question
    towns: tuple[str, ...]

    @property
    def at(self) -> dt.datetime | None:
        return self.question.at

    def kept(self) -> dict[str, str]:
        """The question as texts, to be asked again; without its instant, which stands beside it."""
        return dict(parse_qsl(self.question.query(at="")))


def asked_of(given: QueryDict) -> QueryDict:
    """The question alone among what a form holds; with an indicator where none was chosen."""
    found = QueryDict(mutable=True)
    chosen = indicator_of(given)
    names = [*ASKED, *(each.name for each in chosen.parameters)] if chosen else ASKED
    for name in names:
        if name in given:
            found.setlist(name, given.getlist(name))
    if not found.get("indicator"):
        found["indicator"] = USUAL
    return found


def indicator_of(given: QueryDict) -> Indicator | None:
    """The one that is asked for, as far as there is one of that name."""
    try:
        return registry.get(str(given.get("indicator") or USUAL))
    except QueryError:
        return None


def read(given: QueryDict) -> Drawing:
    """Raises QueryError, naming what was wrong."""
    drawn = overlay.parse(given.get("overlay", ""))
    question = parse(asked_of(given))
    return Drawing(overlay=drawn, question=question, towns=question.towns or whatif.towns_of(drawn))


def form_of(scenario: Scenario, at: str) -> QueryDict:
    """What is kept, as its form would send it; `at` is the instant of the data, empty for today."""
    found = QueryDict(mutable=True)
    found.update(scenario.question)
    # As it was kept: what it says is looked at when it is read.
    found["overlay"] = json.dumps(scenario.overlay, ensure_ascii=False, separators=(",", ":"))
    found["name"], found["note"] = scenario.name, scenario.note
    found["version"] = str(scenario.version)
    found["at"] = at
    return found


def words(part: Part) -> str:
    """What one feature of a drawing is, in a line."""
    layer = reading.layer_of(reading.layer_name(part.subject))
    what = overlay.kinds(part.subject).get(part.kind) or str(layer.title)
    if part.subject == "trees" and part.act == "add":
        what = ngettext("%d tree", "%d trees", part.number) % part.number
    acts = {"add": _("new"), "change": _("changed"), "remove": _("taken away")}
    return f"{acts[part.act]}: {what}" + (f" ({part.name})" if part.name else "")


def towns(given: QueryDict) -> list[dict[str, Any]]:
    """The municipalities that the form offers; none chosen is wherever something is drawn."""
    chosen = {key for text in given.getlist("municipality") for key in text.split(",")}
    return [
        {"key": key, "name": name, "chosen": key in chosen}
        for key, name in asking.comparable().items()
    ]
