"""Others agree with a proposal, or its author takes it back."""

from __future__ import annotations

import uuid

from django.db import IntegrityError
from django.utils.translation import gettext as _

from geoplatform.contributions import deciding, effect
from geoplatform.contributions.errors import NotAllowed, WrongState
from geoplatform.contributions.merge import Merge
from geoplatform.contributions.models import Action, Decision, State
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.refusals import as_validation
from geoplatform.contributions.texts import check_texts
from geoplatform.contributions.trust import Level, standing, thresholds
from geoplatform.contributions.wellformed import in_scope, standing_of_blocked
from geoplatform.contributions.who import Author
from geoplatform.history.services import changeset


def confirm(*, proposal: uuid.UUID, author: Author, reason: str = "") -> Outcome:
    """Agree with somebody else's `open` proposal. The last confirmation that is needed applies it.

    Counts only from contributors who are known (trust.py), and never from the proposal's own author. Sending it twice
    changes nothing. A proposal that meets a conflict then waits as `conflict`: the outcome says so, nothing is raised.
    Raises NotThere, NotAllowed, Blocked, WrongState.
    """
    layer, found = deciding.find(proposal)
    in_scope(layer, author)
    contributor = standing_of_blocked(author)
    by_role = author.trusted(layer, found.municipality_id)
    if contributor is None or (standing(contributor).level < Level.KNOWN and not by_role):
        raise NotAllowed(
            _("Only those count here whose own contributions others have accepted before.")
        )
    check_texts(layer, {}, reason, links=None)
    try:
        with changeset(actor=author.actor, channel="confirm", reason=found.reason):
            return _confirm(deciding.lock(layer, found), author, reason)
    except IntegrityError as error:
        raise (as_validation(error, layer) or error) from error


def _confirm(locked: deciding.Locked, author: Author, reason: str) -> Outcome:
    proposal, contributor = locked.proposal, author.contributor
    assert contributor is not None
    given = set(
        proposal.decisions.filter(kind=Decision.Kind.CONFIRM).values_list("actor", flat=True)
    )
    if author.actor in given:
        return deciding.outcome(locked, None, Merge())
    if proposal.state != State.OPEN:
        deciding.must_wait(proposal)
        raise WrongState(_("This waits for somebody who reviews it."), proposal)
    if proposal.author_id == contributor.pk:
        raise NotAllowed(_("Others confirm what you proposed."))
    if proposal.action == Action.CONFIRM:
        raise WrongState(_("Please confirm the feature itself."), proposal)
    enough = len(given) + 1 >= thresholds().confirmations
    deciding.decide(
        proposal,
        Decision.Kind.CONFIRM,
        State.CONFIRMED if enough else State.OPEN,
        actor=author.actor,
        reason=reason,
    )
    if not enough:
        return deciding.outcome(locked, None, Merge())
    written, merge = deciding.carry_out(locked, by_staff=False, actor=author.actor)
    if not merge.clean:
        deciding.in_conflict(locked, merge, actor=author.actor)
        return deciding.outcome(locked, None, merge)
    deciding.decide(
        proposal,
        Decision.Kind.ACCEPT,
        State.APPLIED,
        actor=author.actor,
        changeset=written.changeset if written else None,
    )
    effect.credit(proposal.author_id)
    return deciding.outcome(locked, written, merge)


def withdraw(*, proposal: uuid.UUID, author: Author, reason: str = "") -> Outcome:
    """Take back one's own proposal while it waits. Raises NotThere, NotAllowed, WrongState."""
    layer, found = deciding.find(proposal)
    in_scope(layer, author)
    check_texts(layer, {}, reason, links=0)
    if author.contributor is None or found.author_id != author.contributor.pk:
        raise NotAllowed(_("Only who proposed it can take it back."))
    with changeset(actor=author.actor, channel="withdraw", reason=reason):
        locked = deciding.lock(layer, found)
        deciding.must_wait(locked.proposal)
        deciding.decide(
            locked.proposal,
            Decision.Kind.WITHDRAW,
            State.WITHDRAWN,
            actor=author.actor,
            reason=reason,
        )
        return deciding.outcome(locked, None, Merge())
