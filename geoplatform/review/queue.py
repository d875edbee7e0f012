"""One page of the queue: its lines, its marks on the map, and the choices with their numbers."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.timesince import timesince

from geoplatform.catalog import registry
from geoplatform.contributions.models import WAITING, Action, Contributor, Proposal
from geoplatform.review.access import Reviewer
from geoplatform.review.filters import AGES, PAGE, PAGES, STATES, Filters
from geoplatform.review.said import ASKED, REASONS, Subject, subjects, summary

MOST = PAGE * PAGES  # more are not counted


@dataclass(frozen=True)
class Entry:
    """One line of the queue."""

    id: uuid.UUID
    address: str
    action: str
    asked: str
    title: str
    layer: str
    summary: str
    reason: str
    place: str
    since: str
    created: dt.datetime
    why: str
    state: str
    in_conflict: bool
    waits: bool
    author: Contributor | None
    position: tuple[float, float] | None


@dataclass(frozen=True)
class Choice:
    """One option of a filter, and how many proposals it would show (None: not counted)."""

    value: str
    label: str
    number: int | None
    chosen: bool


@dataclass(frozen=True)
class Page:
    entries: list[Entry]
    count: int
    more: bool  # than `count`
    pages: int


def page(reviewer: Reviewer, filters: Filters) -> Page:
    found = filters.of(filters.chosen().filter(reviewer.condition()))
    count = found.order_by()[: MOST + 1].count()
    start = (filters.page - 1) * PAGE
    proposals = list(found[start : start + PAGE])
    return Page(
        entries=entries(proposals, filters),
        count=min(count, MOST),
        more=count > MOST,
        pages=max(1, -(-min(count, MOST) // PAGE)),
    )


def entries(proposals: list[Proposal], filters: Filters) -> list[Entry]:
    about = subjects(proposals)
    return [_entry(each, about[each.id], filters) for each in proposals]


def _entry(proposal: Proposal, subject: Subject, filters: Filters) -> Entry:
    layer = registry.get(proposal.layer)
    quarter = proposal.quarter.name if proposal.quarter else ""
    town = proposal.municipality.name if proposal.municipality else ""
    return Entry(
        id=proposal.id,
        address=reverse("review-proposal", args=[proposal.id]) + filters.address(),
        action=proposal.action,
        asked=str(ASKED[Action(proposal.action)]),
        title=subject.title,
        layer=str(layer.title) if layer else proposal.layer,
        summary=summary(proposal),
        reason=proposal.reason,
        place=", ".join(part for part in (quarter, town) if part),
        # The largest unit alone: "3 days".
        since=timesince(proposal.created, depth=1),
        created=proposal.created,
        why=str(REASONS.get(proposal.waits_for, "")),
        state=proposal.get_state_display(),
        in_conflict=proposal.state == "conflict",
        waits=proposal.state in WAITING,
        author=proposal.author,
        position=subject.position,
    )


def marks(found: list[Entry]) -> list[dict[str, Any]]:
    """For the map: a mark for each line that has a place."""
    return [
        {
            "id": str(each.id),
            "kind": each.action,
            "title": f"{each.asked}: {each.title}",
            "geometry": {"type": "Point", "coordinates": list(each.position)},
        }
        for each in found
        if each.position
    ]


def choices(reviewer: Reviewer, filters: Filters) -> list[dict[str, Any]]:
    """The filters with their options, counted over all that this person may see in this state."""
    found = filters.chosen().filter(reviewer.condition()).select_related(None).order_by()
    layers = {each.name: str(each.title) for each in registry.layers()}
    quarters = _numbers(found, "quarter")
    made = [
        ("municipality", {str(k): v for k, v in reviewer.towns.items()}, _numbers(found, "municipality")),
        ("quarter", _quarter_names(quarters), quarters),
        ("layer", layers, _numbers(found, "layer")),
        ("action", {str(k): str(v) for k, v in ASKED.items()}, _numbers(found, "action")),
        ("why", {k: str(v) for k, v in REASONS.items()}, _numbers(found, "waits_for")),
    ]  # fmt: skip
    result = [
        {"name": name, "options": _options(getattr(filters, name), labels, numbers)}
        for name, labels, numbers in made
    ]
    for name, labels in (("age", {"": "", **AGES}), ("state", STATES)):
        chosen = getattr(filters, name)
        options = [Choice(k, str(v), None, k == chosen) for k, v in labels.items()]
        result.append({"name": name, "options": options})
    return result


def _numbers(found: QuerySet[Proposal], name: str) -> dict[str, int]:
    return {
        str(key): number
        for key, number in found.values_list(name).annotate(number=Count("pk"))
        if key
    }


def _options(chosen: str, labels: dict[str, str], numbers: dict[str, int]) -> list[Choice]:
    """Those alone that show something, by their names, and what is chosen."""
    some = [
        Choice(value, label, numbers.get(value, 0), value == chosen)
        for value, label in labels.items()
        if value in numbers or value == chosen
    ]
    return [Choice("", "", None, not chosen), *some]


def _quarter_names(numbers: dict[str, int]) -> dict[str, str]:
    model: Any = registry.by_role("quarter").model
    rows = model._default_manager.filter(pk__in=list(numbers)).order_by("name")
    return {str(key): name for key, name in rows.values_list("pk", "name")}


def following(reviewer: Reviewer, filters: Filters, after: Proposal) -> Proposal | None:
    """What comes next in the same queue, else its first; None when nothing is left."""
    found = filters.of(filters.chosen().filter(reviewer.condition())).exclude(pk=after.pk)
    later = found.filter(created__gte=after.created).exclude(created=after.created, pk__lt=after.pk)
    return later.first() or found.first()
