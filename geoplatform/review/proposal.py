"""One proposal with all that decides it: differences in columns, places, rule, author, history, what else waits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import Point
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.contributions import selectors, trust
from geoplatform.contributions.models import (
    WAITING,
    Action,
    Contributor,
    Decision,
    Kind,
    Proposal,
    State,
    Zone,
)
from geoplatform.contributions.sources import SOURCE
from geoplatform.pages import words
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows
from geoplatform.query.versions import history
from geoplatform.review.said import ASKED, label_of, subjects, summary, value_in_words

VERSIONS = 5
OTHERS = 20


@dataclass(frozen=True)
class Row:
    """One field in three columns, in words."""

    label: str
    base: str
    theirs: str
    ours: str


@dataclass
class Part:
    """What is taken or left together. `name` is that of its first field; `verdict` as in selectors.Difference."""

    name: str
    names: tuple[str, ...]
    verdict: str
    rows: list[Row] = field(default_factory=list)

    @property
    def label(self) -> str:
        return ", ".join(row.label for row in self.rows)


@dataclass(frozen=True)
class Told:
    """A proposal as its page shows it. `version` is the feature's as the reviewer sees it now."""

    proposal: Proposal
    layer: Layer
    differences: list[selectors.Difference]
    parts: list[Part]
    feature: dict[str, Any] | None
    version: int | None

    @property
    def waits(self) -> bool:
        return self.proposal.state in WAITING

    @property
    def in_conflict(self) -> bool:
        return any(part.verdict == "conflict" for part in self.parts)

    @property
    def gone(self) -> bool:
        return self.feature is None and self.proposal.action != Action.CREATE


def tell(proposal: Proposal) -> Told | None:
    """None where its layer is no more."""
    layer = registry.get(proposal.layer)
    if layer is None:
        return None
    found = selectors.differences(proposal)
    if proposal.action == Action.CREATE:
        # A new feature shows what was filled in.
        found = [each for each in found if each.ours not in (None, "")]
    standing = rows(FeatureQuery(layer=layer, id=proposal.feature))
    feature = standing[0] if standing else None
    return Told(
        proposal=proposal,
        layer=layer,
        differences=found,
        parts=_parts(layer, found),
        feature=feature,
        version=feature["properties"]["version"] if feature else None,
    )


def _parts(layer: Layer, found: list[selectors.Difference]) -> list[Part]:
    """What is asked, part by part. The rest of a part is shown beside it where it is in conflict."""
    made: dict[tuple[str, ...], Part] = {}
    for each in found:
        part = made.setdefault(each.part, Part(each.name, each.part, "same"))
        if "conflict" in (each.verdict, part.verdict):
            part.verdict = "conflict"
        elif each.verdict == "apply":
            part.verdict = "apply"
        columns = (each.base, each.theirs, each.ours)
        base, theirs, ours = (value_in_words(layer, each.name, value) for value in columns)
        part.rows.append(Row(label_of(layer, each.name), base, theirs, ours))
    # First what somebody must decide, last what is done already.
    order = ("conflict", "apply", "same")
    return sorted(made.values(), key=lambda part: order.index(part.verdict))


def context(told: Told) -> dict[str, Any]:
    """What the template shows besides."""
    proposal, layer = told.proposal, told.layer
    subject = subjects([proposal])[proposal.id]
    return {
        "told": told,
        "proposal": proposal,
        "layer": layer,
        "asked": ASKED[Action(proposal.action)],
        "title": subject.title,
        "summary": summary(proposal),
        "creation": proposal.action == Action.CREATE,
        "deletion": proposal.action == Action.DELETE,
        "why": _why(proposal),
        "zones": _zones(told, subject.position) if proposal.waits_for == "zone" else [],
        "facts": _facts(told),
        "decisions": [_decision(each) for each in selectors.decisions(proposal)],
        "author": _author(proposal.author),
        "versions": _versions(layer, proposal.feature),
        "others": _others(proposal),
        "duplicates": _duplicates(proposal),
        "feature_address": reverse("feature", args=[layer.name, proposal.feature]) if told.feature else "",
        "history_address": "" if told.proposal.action == Action.CREATE and not told.feature
        else reverse("history", args=[layer.name, proposal.feature]),
    }  # fmt: skip


def in_public(told: Told) -> dict[str, Any]:
    """What everybody may read of it: nothing about who proposed or who decided."""
    proposal = told.proposal
    return {
        "told": told,
        "proposal": proposal,
        "layer": told.layer,
        "asked": ASKED[Action(proposal.action)],
        "title": subjects([proposal])[proposal.id].title,
        "summary": summary(proposal),
        "creation": proposal.action == Action.CREATE,
        "why": _why(proposal),
        "decisions": [
            {"what": each.get_kind_display(), "became": each.get_became_display(), "reason": each.reason,
             "at": words.day(each.at)}
            for each in selectors.decisions(proposal)
        ],
        "feature_address": reverse("feature", args=[told.layer.name, proposal.feature]) if told.feature else "",
    }  # fmt: skip


def _why(proposal: Proposal) -> str:
    if proposal.state == State.CONFLICT and proposal.waits_for != SOURCE:
        return _("Somebody changed the same since it was proposed: a person has to choose.")
    return trust.why(proposal.waits_for) if proposal.state in WAITING else ""


def _zones(told: Told, position: tuple[float, float] | None) -> list[Zone]:
    """The zones that made it wait, with the reason that everybody may read."""
    place = told.proposal.geometry or (Point(*position, srid=4326) if position else None)
    if place is None:
        return []
    found = Zone.objects.filter(outline__intersects=place).defer("outline")
    today = timezone.localdate()
    return [
        each
        for each in found
        if (not each.layers or told.layer.name in each.layers)
        and (each.until is None or each.until >= today)
    ]


def _facts(told: Told) -> list[words.Line]:
    """The feature as it stands, where the proposal itself says little: a deletion, a report, a confirmation."""
    if told.parts or told.feature is None:
        return []
    names = [each for each in told.feature["properties"] if each not in ("version", "changed")]
    known = property_by_name(told.layer)
    return words.lines(
        told.layer, told.feature["properties"], [name for name in names if name in known]
    )


def _decision(each: Decision) -> dict[str, Any]:
    return {
        "what": each.get_kind_display(),
        "became": each.get_became_display(),
        "reason": each.reason,
        "at": words.day(each.at),
        "by": who(each.actor),
        "changeset": each.changeset,
    }


def who(actor: str) -> str:
    """An actor as people say it, without a name: `account 3`, `contributor 12`."""
    kind, _colon, number = actor.partition(":")
    match kind:
        case "user":
            return _("account %s") % number
        case "key":
            return _("contributor %s") % number
        case "anonymous":
            return _("somebody without a key")
    return actor


def _author(author: Contributor | None) -> dict[str, Any] | None:
    """What is known of who proposed it: work and time, nothing of the person."""
    if author is None:
        return None
    known = trust.standing(author)
    levels = {
        trust.Level.NEW: _("new here"),
        trust.Level.KNOWN: _("known here"),
        trust.Level.TRUSTED: _("trusted here"),
    }
    counted = selectors.record(author)
    return {
        "id": author.pk,
        "name": who(author.actor),
        "level": levels.get(known.level, ""),
        "since": words.day(author.since),
        "applied": counted[State.APPLIED],
        "rejected": counted[State.REJECTED],
        "waiting": sum(counted[state] for state in WAITING),
        "reports": known.open_reports,
        "blocked_until": words.day(known.blocked_until) if known.blocked_until else "",
        "block_reason": author.block_reason if known.blocked_until else "",
        "actor": author.actor,
    }


def _versions(layer: Layer, feature: uuid.UUID) -> list[dict[str, Any]]:
    """The last versions of the feature, the latest first."""
    found = history(layer, feature, limit=VERSIONS)
    return [
        {
            "number": each.number,
            "at": words.day(each.changeset.at),
            "reason": each.changeset.reason,
            "deleted": each.deletion is not None,
            "changes": [
                {
                    "label": words.label(one.property),
                    "before": words.words(one.property, one.before),
                    "after": words.words(one.property, one.after),
                }
                for one in each.differences
            ],
            "moved": round(each.moved.metres, 1) if each.moved else None,
        }
        for each in (found.versions if found else ())
    ]


def _others(proposal: Proposal) -> list[dict[str, Any]]:
    """What else waits about the same feature."""
    layer = registry.get(proposal.layer)
    if layer is None:
        return []
    found = selectors.about(layer, proposal.feature).filter(state__in=WAITING)
    return [
        {
            "id": each.id,
            "address": reverse("review-proposal", args=[each.id]),
            "asked": ASKED[Action(each.action)],
            "summary": summary(each),
            "created": words.day(each.created),
        }
        for each in found.exclude(pk=proposal.pk)[:OTHERS]
    ]


def _duplicates(proposal: Proposal) -> str:
    """Where two features that are said to be one are laid side by side."""
    if proposal.kind != Kind.DUPLICATE or proposal.duplicate_of is None:
        return ""
    return (
        reverse("review-duplicates")
        + f"?layer={proposal.layer}&keep={proposal.duplicate_of}&remove={proposal.feature}"
    )


def marks(told: Told) -> list[dict[str, Any]]:
    """Before, now and after for the map, each with a shape of its own."""
    proposal, layer = told.proposal, told.layer
    found: list[dict[str, Any]] = []

    def add(kind: str, title: str, geometry: Any) -> None:
        if geometry:
            mark = {"id": kind, "kind": kind, "title": title, "geometry": geometry}
            found.append(mark)

    place = next((each for each in told.differences if each.name == layer.geometry), None)
    if place is None:
        kind = "gone" if proposal.action == Action.DELETE else "now"
        title = _("to be deleted") if kind == "gone" else _("as it stands")
        add(kind, title, told.feature["geometry"] if told.feature else None)
        return found
    add("before", _("before"), place.base)
    if place.theirs != place.base:
        add("now", _("as it stands now"), place.theirs)
    add("after", _("proposed"), place.ours)
    return found
