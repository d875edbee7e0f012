"""A submission on its way: how far its author is trusted here and now, and how much of them is taken in an hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.contributions.errors import TooMany
from geoplatform.contributions.limiter import limiter
from geoplatform.contributions.looking import Situation
from geoplatform.contributions.models import Action, Contributor, Proposal, State
from geoplatform.contributions.texts import check_texts
from geoplatform.contributions.trust import Case, Level, Standing, judge, standing, thresholds
from geoplatform.contributions.who import Author


@dataclass(frozen=True)
class Sent:
    """A submission on its way."""

    layer: Layer
    proposal: Proposal
    author: Author
    values: dict[str, Any]
    keeps_copy: bool = False
    seen: Situation | None = None
    told: bool = False

    @property
    def contributor(self) -> Contributor | None:
        return self.author.contributor

    def judged(self, there: Situation, *, own: bool = False) -> tuple[State, str, Standing, bool]:
        """State, what it waits for, the author's standing, and whether they decide here."""
        known = standing(self.contributor, there.open_reports)
        if self.author.trusted(self.layer, there.municipality):
            known = replace(known, level=Level.TRUSTED)
        reviewer = self.author.reviews(self.layer, there.municipality) and (
            there.destination is None or self.author.reviews(self.layer, there.destination)
        )
        rule = thresholds()
        used = (
            0.0
            if reviewer
            else max(map(limiter.used, _counted(self.author, known.level)), default=0)
        )
        if used >= rule.hourly(known.level):
            raise TooMany(
                _("Many contributions came from here within an hour. Please go on a little later."),
                limiter.wait(),
            )
        open_links = reviewer or known.level >= Level.KNOWN
        check_texts(
            self.layer,
            self.values,
            self.proposal.reason,
            links=None if open_links else rule.new_links,
        )
        case = Case(
            action=Action(self.proposal.action),
            kind=self.proposal.kind,
            open_to_all=self.layer.open_to_all,
            reviewed=self.layer.reviewed,
            zone_of_new=there.zone_of_new,
            zone_of_changes=there.zone_of_changes,
            too_fast=used >= rule.at_once(known.level),
            own=own,
        )
        return (*judge(case, known.level, reviewer=reviewer), known, reviewer)


def _counted(author: Author, level: Level) -> list[str]:
    """What the rate is counted by: the key or account, and the address of those who are not known."""
    names = []
    if author.address and level < Level.KNOWN:
        names.append(limiter.name_of(author.address))
    if author.contributor:
        names.append(f"contributor:{author.contributor.pk}")
    return names


def count(author: Author) -> None:
    limiter.use(limiter.name_of(author.address), *_counted(author, Level.TRUSTED))
    today = timezone.localdate()
    if author.contributor and author.contributor.last_seen < today:
        Contributor.objects.filter(pk=author.contributor.pk).update(last_seen=today)
        author.contributor.last_seen = today
