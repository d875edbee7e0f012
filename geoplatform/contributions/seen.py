"""Confirmations of a feature ("still there", "ripe today"): who else saw it, and what becomes of their word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone

from geoplatform.contributions.models import Action, Decision, Proposal, State
from geoplatform.contributions.trust import Level, standing

# A confirmation that waits longer says nothing about today.
COUNTS = dt.timedelta(days=365)


def others_who_saw(proposal: Proposal, creator: int | None) -> dict[int, Proposal]:
    """Waiting confirmations of the same feature by independent known contributors: one of each, locked in order of ids.

    The feature must be locked. Neither who added it nor the proposal's own author counts.
    """
    waiting = (
        Proposal.objects.select_for_update(of=("self",))
        .filter(
            feature=proposal.feature,
            action=Action.CONFIRM,
            state=State.OPEN,
            author__isnull=False,
            created__gte=timezone.now() - COUNTS,
        )
        .exclude(author_id__in=[each for each in (creator, proposal.author_id) if each])
        .select_related("author")
        .order_by("id")
    )
    found: dict[int, Proposal] = {}
    for each in waiting:
        if each.author_id not in found and standing(each.author).level >= Level.KNOWN:
            found[int(each.author_id)] = each  # type: ignore[arg-type]
    return found


def settle(
    proposal: Proposal, others: Iterable[Proposal], *, actor: str, changeset: int | None
) -> None:
    """What others said before is true now, too."""
    for each in others:
        Decision.objects.create(
            proposal=each,
            kind=Decision.Kind.CONFIRM,
            was=each.state,
            became=State.APPLIED,
            actor=actor,
            changeset=changeset,
            details={"with": str(proposal.id)},
        )
        Proposal.objects.filter(pk=each.pk).update(
            state=State.APPLIED, waits_for="", changeset=changeset, changed=timezone.now()
        )
