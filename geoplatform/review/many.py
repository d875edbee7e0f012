"""Decide about many proposals at once: each by itself, in a transaction of its own, and told which failed and why."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from geoplatform.contributions.models import Action, Proposal, State
from geoplatform.contributions.services import Refused, accept, reject
from geoplatform.review.access import Reviewer
from geoplatform.review.filters import PAGE
from geoplatform.review.forms import reason_of
from geoplatform.review.said import ASKED, subjects

MOST = 4 * PAGE


@dataclass(frozen=True)
class Failure:
    address: str
    title: str
    why: str


@dataclass
class Results:
    """What became of the chosen ones. `wrong` says why nothing was tried at all."""

    accepted: int = 0
    rejected: int = 0
    failed: list[tuple[Proposal, str]] = field(default_factory=list)
    wrong: str = ""

    def failures(self) -> list[Failure]:
        about = subjects(proposal for proposal, _why in self.failed)
        return [
            Failure(
                reverse("review-proposal", args=[proposal.id]),
                f"{ASKED[Action(proposal.action)]}: {about[proposal.id].title}",
                why,
            )
            for proposal, why in self.failed
        ]


def decide(data: QueryDict, reviewer: Reviewer) -> Results:
    """`accept` or `reject` of a form: all that are `chosen`, or the one that the button itself names."""
    results = Results()
    action = "reject" if "reject" in data else "accept"
    one = data.get(action, "")
    ids = _ids([one] if one not in ("", "chosen") else data.getlist("chosen"))
    reason = reason_of(data)
    if not ids:
        results.wrong = _("Nothing was chosen.")
    elif len(ids) > MOST:
        results.wrong = _("At most %d can be decided at once.") % MOST
    elif action == "reject" and not reason:
        results.wrong = _("Please say why you reject: everybody sees it.")
    else:
        known = {each.id: each for each in Proposal.objects.filter(pk__in=ids)}
        for each in (known[id] for id in ids if id in known):
            _decide_one(each, action, reason, reviewer, results)
    return results


def _decide_one(
    proposal: Proposal, action: str, reason: str, reviewer: Reviewer, results: Results
) -> None:
    try:
        if action == "reject":
            reject(proposal=proposal.id, reviewer=reviewer.author, reason=reason)
            results.rejected += 1
        elif proposal.state == State.CONFLICT:
            # Which of two is right nobody can say without looking.
            results.failed.append((proposal, _("It is in conflict: please open it and choose.")))
        else:
            accept(proposal=proposal.id, reviewer=reviewer.author, reason=reason)
            results.accepted += 1
    except Refused as refusal:
        results.failed.append((proposal, str(refusal)))
    except ValidationError as error:
        results.failed.append((proposal, " ".join(error.messages)))


def _ids(texts: list[str]) -> list[uuid.UUID]:
    """In the order of the list, each once; what is no id is left out."""
    found: dict[uuid.UUID, None] = {}
    for text in texts:
        try:
            found[uuid.UUID(text)] = None
        except ValueError:
            continue
    return list(found)
