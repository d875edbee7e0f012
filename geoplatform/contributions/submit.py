"""Send a proposal: judge it, apply it at once or let it wait."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Status
from geoplatform.contributions import effect, looking, rows
from geoplatform.contributions.containment import check_within
from geoplatform.contributions.errors import AlreadyThere, NotThere, OtherBody
from geoplatform.contributions.looking import Situation
from geoplatform.contributions.merge import Merge
from geoplatform.contributions.models import (
    Action,
    Proposal,
    State,
)
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.refusals import as_validation
from geoplatform.contributions.seen import others_who_saw, settle
from geoplatform.contributions.sending import Sent, count
from geoplatform.contributions.trust import Level, Standing, thresholds
from geoplatform.contributions.values import as_json, hex_of
from geoplatform.contributions.wellformed import EDITS, in_scope, standing_of_blocked, well_formed
from geoplatform.contributions.who import Author
from geoplatform.history.services import changeset


class _Repeated(Exception):
    """The id is one of an earlier submission."""


def submit(
    *,
    layer: Layer,
    action: Action | str,
    author: Author,
    channel: str,
    id: uuid.UUID | None = None,
    feature: uuid.UUID | None = None,
    base_version: int | None = None,
    values: Mapping[str, Any] | None = None,
    geometry: GEOSGeometry | None = None,
    reason: str = "",
    kind: str = "",
    duplicate_of: uuid.UUID | None = None,
    consent: str = "",
    keeps_copy: bool = False,
    seen: Situation | None = None,
    told: bool = False,
) -> Outcome:
    """Store a proposal and, where trust, place and rate allow it, apply it in the same transaction.

    id            made by the client: the Idempotency-Key, and of a creation the feature's id. None: made here
    feature       what it is about; of a creation the same as `id`
    base_version  the version that the author saw; None: the current one (so it overwrites what it names)
    values        names of `layer.editable` to values of the model's types, a related row as instance. Of a change
                  those that were sent, changed or not: what equals the base is left alone
    geometry      EPSG:4326, longitude first, of the layer's type (geometry.parse_geometry, geometry.make_point)
    kind          of a confirmation or report (models.Kind)
    duplicate_of  of the report `duplicate`: the feature that stays
    consent       version of the licence text that the author accepted
    keeps_copy    whether the client goes on with its old copy, and so its old `base_version`, after it has saved
    seen          how the feature was a moment ago, with this `id` and `geometry`, where that is known already
    told          whether the outcome should have the feature's text, where it costs no question of its own

    The outcome's state is `applied`, `held` (a creation, or what only a reviewer may let through), `open` (two
    independent contributors or a reviewer may let it through) or `conflict` (kept, waiting; `merge` tells with what).
    Raises ValidationError, AlreadyThere, OtherBody, NotThere, NotAllowed, Blocked, TooMany; then nothing is written.
    """
    action = Action(action)
    known = standing_of_blocked(author)
    in_scope(layer, author)
    values, kind = well_formed(layer, action, values or {}, geometry, kind, feature, duplicate_of)
    proposal = Proposal(
        id=id or uuid.uuid4(),
        layer=layer.name,
        action=action,
        kind=kind,
        duplicate_of=duplicate_of,
        base_version=base_version,
        fields=as_json(layer, values),
        geometry=geometry,
        reason=reason.strip(),
        author=known,
        channel=channel,
        consent=consent,
    )
    proposal.feature = feature or proposal.id
    proposal.fingerprint = fingerprint(proposal)
    sent = Sent(layer, proposal, author, dict(values), keeps_copy, seen, told)
    try:
        outcome = _at_once(sent) if action in EDITS else None
        if outcome is None:
            with changeset(actor=author.actor, channel=channel, reason=proposal.reason):
                outcome = _create(sent) if action == Action.CREATE else _about(sent)
    except _Repeated:
        return _repeat(proposal)
    except IntegrityError as error:
        # Two of the same came at once, and the other one was first.
        if id and Proposal.objects.filter(pk=id).exists():
            return _repeat(proposal)
        if action == Action.CREATE and layer.model._default_manager.filter(pk=proposal.id).exists():
            raise _already_there() from error
        raise (as_validation(error, layer) or error) from error
    count(author)
    return outcome


def _create(sent: Sent) -> Outcome:
    layer, proposal = sent.layer, sent.proposal
    there = looking.look_at_place(
        layer,
        id=proposal.id,
        geometry=hex_of(proposal.geometry) if proposal.geometry is not None else None,
        author=sent.contributor.pk if sent.contributor else None,
        source=effect.CITIZENS,
    )
    if there.known:
        raise _Repeated
    if there.taken:
        raise _already_there()
    if layer.geometry and there.municipality is None:
        raise _outside(layer)
    proposal.state, proposal.waits_for, _known, reviewer = sent.judged(there)
    proposal.licence = effect.licence_of(layer, there)
    proposal.municipality_id, proposal.quarter_id = there.municipality, there.quarter
    made = effect.new_feature(layer, proposal.feature, sent.values, proposal.geometry)

    def add(note: Proposal | None = None) -> rows.Written:
        return effect.add(
            layer,
            made,
            licence=proposal.licence,
            source=effect.source_of(effect.STAFF) if reviewer else there.source,
            confirmed=reviewer,
            note=note,
        )

    if proposal.state != State.APPLIED:
        effect.try_out(add)
        rows.note(proposal)
        return Outcome(proposal)
    written = add(proposal)
    return _applied(proposal, written)


def _at_once(sent: Sent) -> Outcome | None:
    """The usual edit, which its author may make and nobody speaks against: looked at without a lock, and written by one
    statement if the feature is still as it was then. None: something else comes of it, or the feature has changed
    meanwhile, so it is locked and looked at again.

    A transaction with a lock costs four more messages to the database and back, half of an edit.
    """
    layer, proposal = sent.layer, sent.proposal
    if connection.in_atomic_block:
        return None
    there = sent.seen or _look(sent, lock=False)
    if there.version is None or not (there.licence or there.municipality is None):
        return None
    merge, _known = _considered(sent, there)
    if proposal.state != State.APPLIED or not merge.clean or not merge.apply:
        return None
    asked_from = proposal.base_version
    proposal.base_version = asked_from or there.version
    written = rows.change_at_once(
        layer,
        proposal.feature,
        merge.apply,
        proposal,
        seen=rows.Seen(there.version, there.municipality),
        actor=sent.author.actor,
        told=sent.told,
    )
    if written is None:
        proposal.base_version = asked_from
        return None
    return _applied(proposal, written, merge)


def _look(sent: Sent, *, lock: bool = True) -> Situation:
    proposal, contributor = sent.proposal, sent.contributor
    return looking.look_at_feature(
        sent.layer,
        feature=proposal.feature,
        id=proposal.id,
        geometry=hex_of(proposal.geometry) if proposal.geometry is not None else None,
        author=contributor.pk if contributor else None,
        lock=lock,
    )


def _about(sent: Sent) -> Outcome:
    layer, proposal = sent.layer, sent.proposal
    there = _look(sent)
    merge, known = _considered(sent, there)
    if proposal.base_version is None:
        proposal.base_version = there.version
    match Action(proposal.action):
        case Action.DELETE:
            return _delete(sent, there)
        case Action.CONFIRM:
            return _confirm(sent, there, known)
        case Action.REPORT:
            if proposal.state == State.APPLIED:
                return _applied(
                    proposal, rows.change(layer, proposal.feature, effect.gone(), proposal)
                )
            rows.note(proposal)
            return Outcome(proposal)
    return _edit(sent, merge)


def _considered(sent: Sent, there: Situation) -> tuple[Merge, Standing]:
    """Give the proposal about a feature its state by trust and place; what it does to the feature, and how far its
    author is trusted."""
    layer, proposal = sent.layer, sent.proposal
    contributor = sent.contributor
    if there.known:
        raise _Repeated
    action = Action(proposal.action)
    is_gone = there.version is None
    if (
        not there.taken
        or (not is_gone and not there.in_layer)
        or (is_gone and action not in (*EDITS, Action.DELETE))
    ):
        raise NotThere(_("There is no such feature in this layer."))
    if proposal.geometry is not None and not is_gone and there.destination is None:
        raise _outside(layer)
    proposal.municipality_id, proposal.quarter_id = there.municipality, there.quarter
    proposal.licence = effect.licence_of(layer, there)
    own = bool(
        contributor and there.creator == contributor.pk and there.status == Status.UNCONFIRMED
    )
    proposal.state, proposal.waits_for, known, _reviewer = sent.judged(there, own=own)
    wanted = effect.wanted_columns(layer, sent.values, proposal.geometry)
    merge = effect.merged(
        layer,
        there,
        wanted,
        feature=proposal.feature,
        base_version=proposal.base_version,
        keeps_copy=contributor.pk if contributor and sent.keeps_copy else None,
    )
    check_within(layer, there.values, merge.apply)
    return merge, known


def _edit(sent: Sent, merge: Merge) -> Outcome:
    layer, proposal = sent.layer, sent.proposal
    if not merge.clean:
        proposal.state, proposal.waits_for = State.CONFLICT, "conflict"
    elif not merge.apply:
        # It stands there already: nothing waits for anybody.
        proposal.state, proposal.waits_for = State.APPLIED, ""
    elif proposal.state == State.APPLIED:
        written = rows.change(layer, proposal.feature, merge.apply, proposal)
        return _applied(proposal, written, merge)
    else:
        effect.try_out(lambda: rows.change(layer, proposal.feature, merge.apply))
    rows.note(proposal)
    return Outcome(proposal, merge=merge)


def _delete(sent: Sent, there: Situation) -> Outcome:
    layer, proposal = sent.layer, sent.proposal
    if there.version is None:
        # It is gone already, as was asked.
        proposal.state, proposal.waits_for = State.APPLIED, ""
    elif proposal.base_version != there.version:
        proposal.state, proposal.waits_for = State.CONFLICT, "conflict"
        rows.note(proposal)
        conflict = effect.deletion_in_conflict(
            layer, there, feature=proposal.feature, base_version=proposal.base_version
        )
        return Outcome(proposal, merge=conflict)
    elif proposal.state == State.APPLIED:
        return _applied(proposal, rows.delete(layer, proposal.feature, proposal))
    rows.note(proposal)
    return Outcome(proposal)


def _confirm(sent: Sent, there: Situation, known: Standing) -> Outcome:
    layer, proposal, contributor = sent.layer, sent.proposal, sent.contributor
    before = others_who_saw(proposal, there.creator)
    mine = (
        contributor is not None and known.level >= Level.KNOWN and there.creator != contributor.pk
    )
    if mine and len(before) + 1 >= thresholds().confirmations:
        proposal.state, proposal.waits_for = State.APPLIED, ""
    if proposal.state != State.APPLIED:
        rows.note(proposal)
        return Outcome(proposal)
    written = rows.change(layer, proposal.feature, effect.confirmed(), proposal)
    settle(proposal, before.values(), actor=sent.author.actor, changeset=written.changeset)
    if there.status == Status.UNCONFIRMED and (not contributor or there.creator != contributor.pk):
        effect.credit(there.creator)
    return _applied(proposal, written)


def _applied(proposal: Proposal, written: rows.Written, merge: Merge | None = None) -> Outcome:
    proposal.changeset = written.changeset
    proposal.municipality_id, proposal.quarter_id = written.municipality, written.quarter
    return Outcome(proposal, version=written.version, text=written.text, merge=merge or Merge())


def _repeat(sent: Proposal) -> Outcome:
    stored = Proposal.objects.select_related("author").get(pk=sent.pk)
    if stored.fingerprint != sent.fingerprint:
        raise OtherBody(
            _("This id came before with another content. Please send this with a new one.")
        )
    return Outcome(stored, repeated=True)


def fingerprint(proposal: Proposal) -> str:
    """Of all that the author said; who said it does not matter."""
    said = [
        proposal.layer,
        str(proposal.action),
        str(proposal.kind),
        str(proposal.feature),
        proposal.duplicate_of and str(proposal.duplicate_of),
        proposal.base_version,
        proposal.fields,
        hex_of(proposal.geometry) if proposal.geometry is not None else None,
        proposal.reason,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _already_there() -> AlreadyThere:
    return AlreadyThere(_("A feature with this id exists or has existed."))


def _outside(layer: Layer) -> ValidationError:
    return ValidationError(
        {str(layer.geometry): [_("This lies in no municipality of this platform.")]}
    )
