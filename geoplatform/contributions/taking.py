"""Take back what one has done: what waits is withdrawn, what was applied at once is undone."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.utils.translation import gettext as _

from geoplatform.contributions import deciding, looking
from geoplatform.contributions.errors import NotAllowed, WrongState
from geoplatform.contributions.merge import Merge
from geoplatform.contributions.models import WAITING, Action, Contributor, Decision, Proposal, State
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.undo import UndoError, undo_change
from geoplatform.contributions.wellformed import in_scope, standing_of_blocked
from geoplatform.contributions.who import Author
from geoplatform.history.services import changeset


def take_back(*, proposal: uuid.UUID, author: Author, receipt: bool = False) -> Outcome:
    """Take back one's own proposal, as long as nobody else has agreed with it or built upon it.

    receipt  whether the author shows that they sent it in another way than by key or account (a signed receipt)

    What was applied is undone by a changeset of its own, so nothing is lost. Taking it back twice changes nothing.
    Raises NotThere, NotAllowed, Blocked, WrongState.
    """
    layer, found = deciding.find(proposal)
    in_scope(layer, author)
    own = author.contributor is not None and found.author_id == author.contributor.pk
    if not own and not receipt:
        raise NotAllowed(_("Only who proposed it can take it back."))
    standing_of_blocked(author)
    if receipt and found.author_id is not None:
        author = replace(author, contributor=Contributor.objects.get(pk=found.author_id))
    with changeset(actor=author.actor, channel="withdraw", reason=""):
        # The feature first, then the proposal, as everybody does.
        there = looking.look_at_feature(layer, feature=found.feature)
        held = Proposal.objects.select_for_update().get(pk=found.pk)
        locked = deciding.Locked(layer, held, there)
        if held.state == State.WITHDRAWN:
            return deciding.outcome(locked, None, Merge())
        if held.state not in WAITING:
            _undo(locked, author)
        deciding.decide(held, Decision.Kind.WITHDRAW, State.WITHDRAWN, actor=author.actor)
    return Outcome(held)


def may_take_back(proposal: Proposal) -> bool:
    """Whether its author may still take it back, as far as the proposal itself tells."""
    return proposal.state in WAITING or (
        proposal.state == State.APPLIED
        and proposal.changeset is not None
        and not proposal.decisions.all()
    )


def _undo(locked: deciding.Locked, author: Author) -> None:
    proposal, layer = locked.proposal, locked.layer
    number = proposal.changeset
    others = Proposal.objects.filter(changeset=number).exclude(pk=proposal.pk)
    if not may_take_back(proposal) or number is None or others.exists():
        raise WrongState(
            _("This has been decided already: %s.") % proposal.get_state_display(), proposal
        )
    created = proposal.action == Action.CREATE
    if created and (locked.there.version is None or locked.there.version > 1):
        raise WrongState(
            _("Others have confirmed or changed it since. Please report it instead."), proposal
        )
    try:
        undone = undo_change(
            layer=layer,
            id=proposal.feature,
            changeset_id=number,
            actor=author.actor,
            channel="withdraw",
            reason=_("Taken back by its author"),
        )
    except UndoError as error:
        raise WrongState(str(error), proposal) from error
    if undone.conflict_count:
        raise WrongState(
            _("Others have changed the same since. Please correct it instead."), proposal
        )
