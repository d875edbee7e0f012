"""Decide about what waits. All need a person who reviews the layer at the place of the proposal (`Author.reviews`)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.contributions import deciding, effect, looking, rows
from geoplatform.contributions.errors import InConflict, NotThere
from geoplatform.contributions.merge import Merge
from geoplatform.contributions.models import WAITING, Action, Decision, Kind, Proposal, State
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.refusals import as_validation
from geoplatform.contributions.submit import fingerprint
from geoplatform.contributions.texts import check_texts
from geoplatform.contributions.values import as_json, check, geojson
from geoplatform.contributions.who import Author
from geoplatform.history.services import changeset


def accept(
    *,
    proposal: uuid.UUID,
    reviewer: Author,
    fields: Collection[str] | None = None,
    edited: Mapping[str, Any] | None = None,
    geometry: GEOSGeometry | None = None,
    seen: int | None = None,
    reason: str = "",
    channel: str = "review",
) -> Outcome:
    """Apply a waiting proposal: whole, in part, or edited.

    fields    names (of `layer.editable`, the geometry's too) that are taken; None: all. The rest is left as it is
    edited    values of the model's types that the reviewer gives instead of, or besides, the proposed ones
    geometry  the same for the geometry
    seen      the feature's version that the reviewer looked at. What the proposal and later changes disagree about is
              then decided for the proposal, but not against changes later than `seen`. None: against nobody

    Raises InConflict (the proposal waits as `conflict` afterwards: this alone is written), NotThere, NotAllowed,
    WrongState, ValidationError.
    """
    layer, found = deciding.find(proposal)
    given = check(layer, edited or {})
    check_texts(layer, given, reason, links=None)
    if fields is not None and (unknown := set(fields) - set(layer.editable)):
        raise ValidationError({name: [_("This cannot be set.")] for name in sorted(unknown)})
    conflict: InConflict | None = None
    try:
        with changeset(actor=reviewer.actor, channel=channel, reason=reason or found.reason):
            locked = deciding.lock(layer, found)
            deciding.must_review(layer, reviewer, *_places(locked))
            deciding.must_wait(locked.proposal)
            written, merge = _carry_out(locked, reviewer, fields, given, geometry, seen)
            if not merge.clean:
                conflict = deciding.in_conflict(locked, merge, actor=reviewer.actor, reason=reason)
            else:
                _accepted(locked, reviewer, written, reason, fields, given, geometry, seen)
    except IntegrityError as error:
        raise (as_validation(error, layer) or error) from error
    if conflict is not None:
        raise conflict
    return deciding.outcome(locked, written, merge)


def _places(locked: deciding.Locked) -> list[uuid.UUID | None]:
    """Where a reviewer must decide: where it is, and where it would go."""
    there, proposal = locked.there, locked.proposal
    places = [there.municipality if there.version or proposal.action == Action.CREATE else None]
    if places == [None]:
        places = [proposal.municipality_id]
    return places + ([there.destination] if there.destination else [])


def _carry_out(
    locked: deciding.Locked,
    reviewer: Author,
    fields: Collection[str] | None,
    given: dict[str, Any],
    geometry: GEOSGeometry | None,
    seen: int | None,
) -> tuple[rows.Written | None, Merge]:
    proposal = locked.proposal
    if proposal.action == Action.REPORT and proposal.duplicate_of and not given:
        return _one_of_two(locked), Merge()
    return deciding.carry_out(
        locked,
        by_staff=True,
        actor=reviewer.actor,
        fields=fields,
        edited=given,
        geometry=geometry,
        seen=seen,
    )


def _one_of_two(locked: deciding.Locked) -> rows.Written | None:
    """A report of a duplicate names the feature that stays: the reported one goes."""
    layer, proposal = locked.layer, locked.proposal
    kept = proposal.duplicate_of
    if kept is None or not layer.model._default_manager.filter(pk=kept).exists():
        raise ValidationError(_("The feature that was to stay is gone."))
    return rows.delete(layer, proposal.feature) if locked.there.version else None


def _accepted(
    locked: deciding.Locked,
    reviewer: Author,
    written: rows.Written | None,
    reason: str,
    fields: Collection[str] | None,
    given: dict[str, Any],
    geometry: GEOSGeometry | None,
    seen: int | None,
) -> None:
    proposal, layer = locked.proposal, locked.layer
    edited = as_json(layer, given)
    if geometry is not None:
        edited[str(layer.geometry)] = geojson(geometry)
    deciding.decide(
        proposal,
        Decision.Kind.ACCEPT,
        State.APPLIED,
        actor=reviewer.actor,
        reason=reason,
        changeset=written.changeset if written else None,
        fields=sorted(fields) if fields is not None else None,
        edited=edited or None,
        seen=seen,
    )
    effect.credit(proposal.author_id)


def reject(*, proposal: uuid.UUID, reviewer: Author, reason: str) -> Outcome:
    """Decline a waiting proposal, with a reason that everybody sees. Raises ValidationError without one, NotThere,
    NotAllowed, WrongState."""
    layer, found = deciding.find(proposal)
    if not reason.strip():
        raise ValidationError({"reason": [_("Please say why: everybody sees it.")]})
    return _end(layer, found, reviewer, Decision.Kind.REJECT, State.REJECTED, reason)


def _end(
    layer: Layer,
    found: Proposal,
    reviewer: Author,
    kind: str,
    to: State,
    reason: str,
    **details: Any,
) -> Outcome:
    check_texts(layer, {}, reason, links=None)
    with changeset(actor=reviewer.actor, channel="review", reason=reason):
        locked = deciding.lock(layer, found)
        deciding.must_review(layer, reviewer, *_places(locked))
        deciding.must_wait(locked.proposal)
        deciding.decide(locked.proposal, kind, to, actor=reviewer.actor, reason=reason, **details)
        if to == State.REJECTED:
            effect.debit(locked.proposal.author_id)
    return deciding.outcome(locked, None, Merge())


def supersede(*, proposal: uuid.UUID, reviewer: Author, by: uuid.UUID, reason: str = "") -> Outcome:
    """End a waiting proposal because another one, `by`, says the same or more. Raises as `reject`."""
    layer, found = deciding.find(proposal)
    _other_layer, other = deciding.find(by)
    if other.pk == found.pk or other.feature != found.feature:
        raise ValidationError({"by": [_("The other proposal is about something else.")]})
    return _end(
        layer,
        found,
        reviewer,
        Decision.Kind.SUPERSEDE,
        State.SUPERSEDED,
        reason,
        by=str(by),
    )


def merge_duplicates(
    *,
    layer: Layer,
    keep: uuid.UUID,
    remove: Collection[uuid.UUID],
    reviewer: Author,
    values: Mapping[str, Any] | None = None,
    reason: str = "",
    channel: str = "review",
) -> int:
    """Delete features that are the same as `keep`, give `keep` the values that the reviewer chose, and end the waiting
    proposals about the deleted ones: one transaction, one changeset. Who asks for a deleted one is led to `keep`
    (selectors.successor).

    The version of `keep` afterwards. Raises NotThere, NotAllowed, ValidationError.
    """
    given = check(layer, values or {})
    check_texts(layer, given, reason, links=None)
    gone = sorted({*remove} - {keep})
    if not gone:
        raise ValidationError(_("Nothing is to be merged."))
    try:
        with changeset(actor=reviewer.actor, channel=channel, reason=reason):
            # All features in order of their ids, then the proposals.
            found = {
                each: looking.look_at_feature(layer, feature=each) for each in sorted([keep, *gone])
            }
            if any(each.version is None for each in found.values()):
                raise NotThere(_("There is no such feature in this layer."))
            deciding.must_review(layer, reviewer, *(each.municipality for each in found.values()))
            for each in gone:
                written = rows.delete(layer, each)
                _end_those_about(each, keep, reviewer, reason, written.changeset)
                _note_same(layer, each, keep, found[each], reviewer, reason, written.changeset)
            if not given:
                return int(found[keep].version or 0)
            return rows.change(layer, keep, effect.wanted_columns(layer, given, None)).version
    except IntegrityError as error:
        raise (as_validation(error, layer) or error) from error


def _end_those_about(
    gone: uuid.UUID, keep: uuid.UUID, reviewer: Author, reason: str, changeset: int
) -> None:
    """Reports of the duplicate come true with it; what else waits about it is superseded."""
    right: list[int] = []
    waiting = Proposal.objects.select_for_update().filter(feature=gone, state__in=WAITING)
    for each in waiting.order_by("id"):
        true = each.action == Action.REPORT and each.kind == Kind.DUPLICATE
        deciding.decide(
            each,
            Decision.Kind.ACCEPT if true else Decision.Kind.SUPERSEDE,
            State.APPLIED if true else State.SUPERSEDED,
            actor=reviewer.actor,
            reason=reason,
            changeset=changeset if true else None,
            by=str(keep),
        )
        if true and each.author_id:
            right.append(each.author_id)
    # In order of ids, as all who lock several.
    for author in sorted(right):
        effect.credit(author)


def _note_same(
    layer: Layer,
    gone: uuid.UUID,
    keep: uuid.UUID,
    there: looking.Situation,
    reviewer: Author,
    reason: str,
    changeset: int,
) -> None:
    """Say as which feature a deleted one goes on, unless a report that came true says so."""
    same = Proposal.objects.filter(feature=gone, changeset=changeset, duplicate_of=keep)
    if same.exists():
        return
    note = Proposal(
        id=uuid.uuid4(),
        layer=layer.name,
        action=Action.REPORT,
        kind=Kind.DUPLICATE,
        feature=gone,
        duplicate_of=keep,
        base_version=there.version,
        reason=reason.strip(),
        author=reviewer.contributor,
        channel="review",
        licence=there.licence or "",
        state=State.HELD,
        waits_for="report",
        municipality_id=there.municipality,
        quarter_id=there.quarter,
    )
    note.fingerprint = fingerprint(note)
    note.save(force_insert=True)
    deciding.decide(
        note,
        Decision.Kind.ACCEPT,
        State.APPLIED,
        actor=reviewer.actor,
        reason=reason,
        changeset=changeset,
    )
