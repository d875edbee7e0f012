"""The page of one proposal, and what follows when a button on it was pressed (acts.py does what it says)."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from geoplatform.contributions import selectors
from geoplatform.contributions.models import Action, State
from geoplatform.contributions.services import InConflict, NotAllowed, NotThere, Refused, WrongState
from geoplatform.contributions.trust import thresholds
from geoplatform.review import queue
from geoplatform.review.access import Reviewer, forbidden
from geoplatform.review.acts import ACTIONS, Wrong, form_over
from geoplatform.review.filters import read
from geoplatform.review.forms import BLOCKS, REJECTIONS, ValuesForm
from geoplatform.review.page import legend, map_settings, render_page, shortcuts
from geoplatform.review.proposal import Told, context, marks, tell

CONFLICT, WRONG = 409, 422  # HTTP statuses of what was not done


def show(
    request: HttpRequest,
    reviewer: Reviewer,
    told: Told,
    *,
    form: ValuesForm | None = None,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    filters = read(request.GET)
    following = queue.following(reviewer, filters, told.proposal)
    shown = marks(told)
    given = {
        **context(told),
        "form": form or (form_over(told) if told.waits and not told.gone else None),
        "errors": errors or [],
        "here": request.get_full_path(),
        "back": reverse("review") + filters.address() + f"#p-{told.proposal.id}",
        "next": reverse("review-proposal", args=[following.id]) + filters.address() if following else "",
        "rejections": REJECTIONS,
        "blocks": BLOCKS,
        "may_block": told.proposal.author_id is not None
        and told.proposal.author_id != getattr(reviewer.author.contributor, "pk", None),
        "confirmable": _confirmable(reviewer, told),
        "confirmations": thresholds().confirmations,
        "undoable": told.proposal.state == State.APPLIED and told.proposal.changeset is not None,
        "everywhere": reviewer.everywhere,
        "chosen": request.POST.getlist("part") + request.POST.getlist("conflict") if errors else None,
        "posted": request.POST if errors else {},
        "map_settings": map_settings(shown),
        "legend": legend(shown),
        "shortcuts": shortcuts("proposal"),
    }  # fmt: skip
    return render_page(request, "proposal.html", given, status=status)


def _confirmable(reviewer: Reviewer, told: Told) -> bool:
    """Whether this person's word counts as one of those that let it through: by role it does, but not on their own."""
    proposal, mine = told.proposal, reviewer.author.contributor
    return (
        proposal.state == State.OPEN
        and proposal.action != Action.CONFIRM
        and (mine is None or proposal.author_id != mine.pk)
    )


def answer(request: HttpRequest, reviewer: Reviewer, told: Told) -> HttpResponse:
    """Does what the button says; then the next proposal of the same queue, or this page with what was wrong."""
    act = ACTIONS.get(request.POST.get("do", ""))
    if act is None:
        raise Http404
    try:
        said, stay = act(request, reviewer, told)
    except NotAllowed as refusal:
        # Another municipality may be concerned than that of the proposal itself.
        if not reviewer.decides(told.proposal):
            return forbidden(request)
        return _again(request, reviewer, told, [str(refusal)], 403)
    except NotThere:
        raise Http404 from None
    except WrongState as refusal:
        return _again(request, reviewer, told, [_decided_already(refusal)], CONFLICT)
    except InConflict as refusal:
        return _again(request, reviewer, told, [str(refusal)], CONFLICT)
    except Refused as refusal:
        return _again(request, reviewer, told, [str(refusal)], WRONG)
    except Wrong as wrong:
        return _again(request, reviewer, told, wrong.errors, WRONG, wrong.form)
    except ValidationError as error:
        return _again(request, reviewer, told, list(error.messages), WRONG)
    messages.success(request, said)
    filters = read(request.GET)
    following = None if stay else queue.following(reviewer, filters, told.proposal)
    if stay:
        address = request.get_full_path()
    elif following:
        address = reverse("review-proposal", args=[following.id]) + filters.address()
    else:
        address = reverse("review") + filters.address()
    return HttpResponseRedirect(address, status=303)


def _again(
    request: HttpRequest, reviewer: Reviewer, told: Told, errors: list[str], status: int,
    form: ValuesForm | None = None,
) -> HttpResponse:  # fmt: skip
    """The page as things stand now."""
    proposal = selectors.proposal(told.proposal.id)
    fresh = tell(proposal) if proposal else None
    if fresh is None:
        raise Http404
    return show(
        request, reviewer, fresh, form=form if fresh.waits else None, errors=errors, status=status
    )


def _decided_already(refusal: WrongState) -> str:
    """Somebody was quicker: what they decided, and why."""
    said = str(refusal)
    last = next(reversed(selectors.decisions(refusal.proposal)), None)
    return f"{said} {_('Reason: %s') % last.reason}" if last and last.reason else said
