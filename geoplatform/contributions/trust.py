"""Trust: how much of what somebody sends stands on the map at once, and how much of it is taken in an hour.

It grows with work that others accepted and with time, is halved by each open report about what somebody added, and
starts again after a block. The thresholds are settings (`CONTRIBUTIONS`); `in_words` says them to everybody.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geoplatform.contributions.models import Action, Contributor, Kind, State


class Level(IntEnum):
    """How well somebody is known; each has the rights of those before."""

    NOBODY = 0  # no key, no account
    NEW = 1
    KNOWN = 2
    TRUSTED = 3


@dataclass(frozen=True)
class Thresholds:
    """Settings with their defaults: `CONTRIBUTIONS = {"known_accepted": 5, ...}`."""

    known_accepted: int = 5
    known_days: int = 7
    trusted_accepted: int = 25
    trusted_days: int = 30
    confirmations: int = 2  # of independent known contributors
    # New points in an hour that stand on the map at once, by level, and all that is taken in an hour.
    nobody_at_once: int = 20
    nobody_hourly: int = 60
    new_at_once: int = 30
    new_hourly: int = 90
    known_at_once: int = 100
    known_hourly: int = 300
    trusted_at_once: int = 500
    trusted_hourly: int = 1500
    new_links: int = 1  # in the texts of somebody who is not known yet

    def at_once(self, level: Level) -> int:
        return int(getattr(self, f"{level.name.lower()}_at_once"))

    def hourly(self, level: Level) -> int:
        return int(getattr(self, f"{level.name.lower()}_hourly"))


@cache
def _thresholds(given: tuple[tuple[str, int], ...]) -> Thresholds:
    return Thresholds(**dict(given))


def thresholds() -> Thresholds:
    return _thresholds(tuple(sorted(settings.CONTRIBUTIONS.items())))


@dataclass(frozen=True)
class Standing:
    """What trust rests on, counted since the last block. `blocked_until` only while it lasts."""

    level: Level = Level.NOBODY
    accepted: int = 0
    rejected: int = 0
    days: int = 0
    open_reports: int = 0
    blocked_until: dt.datetime | None = None


NOT_KNOWN = Standing()
# Open reports about features that somebody added: of a creation, proposal and feature have one id. What a source says
# otherwise, or may have twice, is nobody's word against them.
OPEN_REPORTS = """
    SELECT count(*) FROM contributions_proposal report
    JOIN contributions_proposal made ON made.id = report.feature AND made.action = 'create'
    WHERE report.state IN ('held', 'open', 'conflict') AND report.action = 'report'
        AND report.channel <> 'import' AND made.author_id = {author}"""


def standing(contributor: Contributor | None, open_reports: int | None = None) -> Standing:
    """How much somebody is trusted now; one query unless the caller knows how many open reports there are."""
    if contributor is None:
        return NOT_KNOWN
    if open_reports is None:
        with connection.cursor() as cursor:
            cursor.execute(OPEN_REPORTS.format(author="%s"), [contributor.pk])
            open_reports = int(cursor.fetchone()[0])
    now = timezone.now()
    days = max((now - contributor.counted_from).days, 0)
    blocked = contributor.blocked_until
    return Standing(
        level=_level(contributor, days, open_reports),
        accepted=contributor.accepted,
        rejected=contributor.rejected,
        days=days,
        open_reports=open_reports,
        blocked_until=blocked if blocked and blocked > now else None,
    )


def _level(contributor: Contributor, days: int, open_reports: int) -> Level:
    rule = thresholds()
    counted = max(contributor.accepted - contributor.rejected, 0) >> min(open_reports, 30)
    if counted >= rule.trusted_accepted and days >= rule.trusted_days:
        return Level.TRUSTED
    if counted >= rule.known_accepted and days >= rule.known_days:
        return Level.KNOWN
    return Level.NEW


@dataclass(frozen=True, kw_only=True)
class Case:
    """What else decides whether a proposal waits: place, layer, rate, and whose feature it is about."""

    action: Action
    kind: str = ""
    open_to_all: bool = False  # the layer: points that anybody may add
    reviewed: bool = False  # the layer demands review
    zone_of_new: bool = False
    zone_of_changes: bool = False
    too_fast: bool = False
    own: bool = False  # the author added the feature, and nobody has confirmed it yet


def judge(case: Case, level: Level, *, reviewer: bool) -> tuple[State, str]:
    """APPLIED, or the state in which it waits and for what (`Proposal.waits_for`, said by `why`)."""
    zone = case.zone_of_new if case.action == Action.CREATE else case.zone_of_changes
    match case.action:
        case Action.REPORT:
            if case.kind != Kind.GONE:
                return State.HELD, "report"
            return (State.APPLIED, "") if reviewer else (State.OPEN, "report")
        case _ if reviewer:
            return State.APPLIED, ""
        case Action.CONFIRM:
            at_once = level >= Level.TRUSTED and not case.own
            return (State.APPLIED, "") if at_once else (State.OPEN, "trust")
    if zone:
        return State.HELD, "zone"
    if case.reviewed:
        return State.HELD, "layer"
    if case.action == Action.CREATE:
        if not case.open_to_all:
            return State.HELD, "geometry"
        return (State.HELD, "rate") if case.too_fast else (State.APPLIED, "")
    if case.own and not case.too_fast:
        return State.APPLIED, ""
    if level >= Level.TRUSTED and case.action != Action.DELETE:
        return (State.OPEN, "rate") if case.too_fast else (State.APPLIED, "")
    return State.OPEN, "trust"


def why(waits_for: str) -> str:
    """Why a proposal waits, as a sentence for its author."""
    words = {
        "zone": _("In this area somebody looks at contributions before they stand on the map."),
        "layer": _("In this layer somebody looks at contributions before they stand on the map."),
        "geometry": _("New lines and areas are looked at before they stand on the map."),
        "rate": _("Many contributions came at once; these are looked at first."),
        "trust": _("What others entered changes when others agree or somebody has reviewed it."),
        "report": _("Somebody looks at every report."),
        "source": _("A source says otherwise than people did here; somebody looks at both."),
        "conflict": _("It was changed since; somebody looks at both."),
    }
    return words.get(waits_for, "")


def in_words() -> list[str]:
    """The rules and their thresholds as sentences, for a page that everybody may read."""
    rule = thresholds()
    return [
        _(
            "Anybody may add a point. It stands on the map at once as unconfirmed, unless its area or layer is looked "
            "at first, or more than %(nobody)d come within an hour from one place (%(new)d with a key)."
        )
        % {"nobody": rule.nobody_at_once, "new": rule.new_at_once},
        _(
            "A change of what others entered waits until %(confirmations)d others who are known here agree, or "
            "somebody has reviewed it. What you added yourself you may correct at once while nobody has confirmed it."
        )
        % {"confirmations": rule.confirmations},
        _(
            "Known is who has had %(accepted)d contributions accepted and came %(days)d days ago or earlier."
        )
        % {"accepted": rule.known_accepted, "days": rule.known_days},
        _(
            "Trusted is who has had %(accepted)d contributions accepted and came %(days)d days ago or earlier: "
            "their changes stand at once where they overwrite nobody's. Deletions are always looked at."
        )
        % {"accepted": rule.trusted_accepted, "days": rule.trusted_days},
        _(
            "Each rejection takes one accepted contribution away. Each open report about something you added halves "
            "what counts, until it is decided. After a block, counting starts again."
        ),
        _(
            "Within an hour at most %(nobody)d contributions are taken from one place, with a key %(new)d, from "
            "somebody known %(known)d, from somebody trusted %(trusted)d."
        )
        % {
            "nobody": rule.nobody_hourly,
            "new": rule.new_hourly,
            "known": rule.known_hourly,
            "trusted": rule.trusted_hourly,
        },
        ngettext(
            "Until you are known, your texts may hold one link.",
            "Until you are known, your texts may hold %(count)d links.",
            rule.new_links,
        )
        % {"count": rule.new_links},
    ]
