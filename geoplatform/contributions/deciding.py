"""What review and agreement share: lock a feature and a proposal in the one order, carry it out, note who decided."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Status
from geoplatform.contributions import effect, looking, rows
from geoplatform.contributions.containment import check_within
from geoplatform.contributions.errors import InConflict, NotAllowed, NotThere, WrongState
from geoplatform.contributions.merge import Merge
from geoplatform.contributions.models import (
    NEXT,
    WAITING,
    Action,
    Decision,
    Kind,
    Proposal,
    State,
)
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.seen import others_who_saw, settle
from geoplatform.contributions.values import from_json, hex_of
from geoplatform.contributions.who import Author


@dataclass(frozen=True)
class Locked:
    """A proposal and the feature that it is about, both locked until the transaction ends."""

    layer: Layer
    proposal: Proposal
    there: looking.Situation


def find(proposal: uuid.UUID) -> tuple[Layer, Proposal]:
    """A proposal and its layer, not locked: what they are about never changes. Raises NotThere."""
    found = Proposal.objects.filter(pk=proposal).first()
    layer = registry.get(found.layer) if found else None
    if found is None or layer is None:
        raise NotThere(_("There is no such proposal."))
    return layer, found


def lock(layer: Layer, proposal: Proposal) -> Locked:
    """The feature first, then the proposal."""
    geometry = hex_of(proposal.geometry) if proposal.geometry is not None else None
    if proposal.action == Action.CREATE:
        there = looking.look_at_place(
            layer, id=proposal.id, geometry=geometry, author=None, source=effect.CITIZENS
        )
    else:
        there = looking.look_at_feature(layer, feature=proposal.feature, geometry=geometry)
    held = Proposal.objects.select_for_update().get(pk=proposal.pk)
    return Locked(layer, held, there)


def must_review(layer: Layer, reviewer: Author, *places: uuid.UUID | None) -> None:
    """Raises NotAllowed unless this person decides about the layer at all these places."""
    if not all(reviewer.reviews(layer, place) for place in places):
        raise NotAllowed(_("You do not decide about this layer here."))


def must_wait(proposal: Proposal) -> None:
    """Raises WrongState for what has come to its end."""
    if proposal.state not in WAITING:
        raise WrongState(
            _("This has been decided already: %s.") % proposal.get_state_display(), proposal
        )


def decide(
    proposal: Proposal,
    kind: str,
    to: State,
    *,
    actor: str,
    reason: str = "",
    changeset: int | None = None,
    **details: Any,
) -> None:
    """Note a decision and put the locked proposal into its new state."""
    was = State(proposal.state)
    if to != was and to not in NEXT.get(was, ()):
        raise WrongState(_("This cannot follow here."), proposal)
    Decision.objects.create(
        proposal=proposal,
        kind=kind,
        was=was,
        became=to,
        actor=actor,
        reason=reason.strip(),
        changeset=changeset,
        details={name: value for name, value in details.items() if value is not None},
    )
    proposal.state = to
    proposal.changed = timezone.now()
    proposal.changeset = changeset or proposal.changeset
    if to == State.CONFLICT:
        proposal.waits_for = "conflict"
    proposal.save(update_fields=["state", "changed", "changeset", "waits_for"])


def carry_out(
    locked: Locked,
    *,
    by_staff: bool,
    actor: str,
    fields: Collection[str] | None = None,
    edited: Mapping[str, Any] | None = None,
    geometry: Any = None,
    seen: int | None = None,
) -> tuple[rows.Written | None, Merge]:
    """Do what the proposal asks, or nothing and say with what it is in conflict (`merge.clean` is false).

    Raises ValidationError.
    """
    layer, proposal, there = locked.layer, locked.proposal, locked.there
    action = Action(proposal.action)
    if action == Action.CREATE:
        return _add(locked, by_staff, fields, edited or {}, geometry), Merge()
    if there.version is None:
        return None, Merge(gone=action != Action.DELETE)
    base = proposal.base_version if seen is None else seen
    if action == Action.DELETE:
        if base != there.version:
            return None, _all_in_conflict(locked, base)
        return rows.delete(layer, proposal.feature), Merge()
    if action == Action.CONFIRM:
        return _confirm(locked, actor), Merge()
    columns = {}
    if action == Action.REPORT and proposal.kind == Kind.GONE:
        columns = effect.gone()
    merge = _merge(locked, fields, edited or {}, geometry, base)
    if not merge.clean:
        return None, merge
    columns.update(merge.apply)
    check_within(layer, there.values, columns)
    return (rows.change(layer, proposal.feature, columns) if columns else None), merge


def _add(
    locked: Locked,
    by_staff: bool,
    fields: Collection[str] | None,
    edited: Mapping[str, Any],
    geometry: Any,
) -> rows.Written:
    layer, proposal, there = locked.layer, locked.proposal, locked.there
    if there.taken:
        raise ValidationError(_("A feature with this id exists or has existed."))
    stored = {k: v for k, v in proposal.fields.items() if fields is None or k in fields}
    values = {**from_json(layer, {k: v for k, v in stored.items() if k not in edited}), **edited}
    made = effect.new_feature(
        layer, proposal.feature, values, geometry if geometry is not None else proposal.geometry
    )
    licence = effect.licence_of(layer, replace(there, licence=proposal.licence or None))
    # Where somebody has looked at it, it is confirmed with that.
    return effect.add(layer, made, licence=licence, source=there.source, confirmed=by_staff)


def _merge(
    locked: Locked,
    fields: Collection[str] | None,
    edited: Mapping[str, Any],
    geometry: Any,
    base: int | None,
) -> Merge:
    layer, proposal, there = locked.layer, locked.proposal, locked.there
    name = str(layer.geometry)
    stored = {k: v for k, v in proposal.fields.items() if fields is None or k in fields}
    values = {**from_json(layer, {k: v for k, v in stored.items() if k not in edited}), **edited}
    place = proposal.geometry if fields is None or name in fields else None
    if geometry is not None:
        place = geometry
    wanted = effect.wanted_columns(layer, values, place)
    if not wanted:
        return Merge()
    proposed = {*proposal.fields, *([name] if proposal.geometry is not None else [])}
    # What the reviewer adds alone is seen from now: the author said nothing about it.
    added = {each: value for each, value in wanted.items() if each not in proposed}
    asked = {each: value for each, value in wanted.items() if each in proposed}
    first = effect.merged(layer, there, asked, feature=proposal.feature, base_version=base)
    now = replace(there, values={**there.values, **first.apply})
    second = effect.merged(layer, now, added, feature=proposal.feature, base_version=None)
    return Merge(
        {**first.apply, **second.apply},
        first.conflicts + second.conflicts,
        first.unchanged + second.unchanged,
    )


def _all_in_conflict(locked: Locked, base: int | None) -> Merge:
    return effect.deletion_in_conflict(
        locked.layer, locked.there, feature=locked.proposal.feature, base_version=base
    )


def _confirm(locked: Locked, actor: str) -> rows.Written:
    layer, proposal, there = locked.layer, locked.proposal, locked.there
    written = rows.change(layer, proposal.feature, effect.confirmed())
    others = others_who_saw(proposal, there.creator)
    settle(proposal, others.values(), actor=actor, changeset=written.changeset)
    if there.status == Status.UNCONFIRMED:
        effect.credit(there.creator)
    return written


def in_conflict(locked: Locked, merge: Merge, *, actor: str, reason: str = "") -> InConflict:
    """Note that a proposal met a later change; the error to raise once that is stored."""
    proposal = locked.proposal
    decide(proposal, Decision.Kind.CONFLICT, State.CONFLICT, actor=actor, reason=reason)
    return InConflict(
        _("Somebody changed the same since: please look at both and decide."), proposal, merge
    )


def outcome(locked: Locked, written: rows.Written | None, merge: Merge) -> Outcome:
    return Outcome(
        locked.proposal, version=written.version if written else locked.there.version, merge=merge
    )
