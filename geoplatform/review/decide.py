"""What a reviewer does with one proposal: each action of its page, and the page itself."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.contributions import selectors, services
from geoplatform.contributions.models import Action, State
from geoplatform.contributions.services import InConflict, NotAllowed, NotThere, Refused, WrongState
from geoplatform.contributions.trust import Level, standing, thresholds
from geoplatform.contributions.values import from_json
from geoplatform.review import queue
from geoplatform.review.access import Reviewer, forbidden
from geoplatform.review.filters import read
from geoplatform.review.forms import BLOCKS, REJECTIONS, ValuesForm, reason_of, values_form
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
        "form": form or (_form(told) if told.waits and not told.gone else None),
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


def _form(told: Told, data: Any = None) -> ValuesForm:
    """Over the values as they would stand after the proposal."""
    initial = dict(told.proposal.fields)
    for each in told.differences:
        initial[each.name] = each.theirs if each.verdict == "conflict" else each.ours
    if told.feature:
        now = selectors.standing_values(told.layer, told.proposal.feature) or {}
        initial = {**now, **initial}
    elif told.proposal.geometry is not None and told.layer.geometry:
        initial.setdefault(told.layer.geometry, None)
    return values_form(told.layer, initial, data)


def _confirmable(reviewer: Reviewer, told: Told) -> bool:
    """Whether this person's word would count as one of those that let it through."""
    mine = reviewer.author.contributor
    return (
        told.proposal.state == State.OPEN
        and told.proposal.action != Action.CONFIRM
        and mine is not None
        and told.proposal.author_id != mine.pk
        and standing(mine).level >= Level.KNOWN
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
    except _Wrong as wrong:
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


class _Wrong(Exception):
    """The form holds something that cannot be taken."""

    def __init__(self, errors: list[str], form: ValuesForm) -> None:
        super().__init__()
        self.errors, self.form = errors, form


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


def _accept(request: HttpRequest, reviewer: Reviewer, told: Told) -> tuple[str, bool]:
    data = request.POST
    form = None if told.gone else _form(told, data if "with_values" in data else None)
    if form is not None and form.is_bound and not form.is_valid():
        raise _Wrong([_("Please look at the marked fields.")], form)
    edited = form.values() if form is not None and form.is_bound else {}
    point = form.point() if form is not None and form.is_bound else None
    chosen: list[str] | None = None
    if "parts" in data:
        chosen = [*_names(told, data.getlist("part")), *_names(told, data.getlist("conflict"))]
        edited = {**_rest_of_parts(told, data.getlist("conflict")), **edited}
        if not chosen and not edited and point is None:
            raise ValidationError(_("Please choose what you accept, or reject the proposal."))
    try:
        services.accept(
            proposal=told.proposal.id,
            reviewer=reviewer.author,
            fields=None if told.proposal.action == Action.CREATE and _all(told, chosen) else chosen,
            edited=edited,
            geometry=point,
            seen=_number(data.get("seen")),
            reason=str(data.get("reason", "")),
        )
    except ValidationError as error:
        if form is None or not form.is_bound:
            raise
        others = form.refuse(error)
        raise _Wrong(others or [_("Please look at the marked fields.")], form) from error
    if edited or point:
        return _("Accepted with your changes."), False
    return (_("Accepted.") if _all(told, chosen) else _("Accepted in part.")), False


def _names(told: Told, posted: list[str]) -> list[str]:
    """All fields of the parts that were chosen by their first field."""
    found: list[str] = []
    for name in posted:
        if name in told.layer.editable:
            found += next((part for part in told.layer.coupled if name in part), (name,))
    return found


def _rest_of_parts(told: Told, posted: list[str]) -> dict[str, Any]:
    """What belongs to a chosen part without having been proposed stood so when the author looked: it comes along, as
    the column of the proposal shows it."""
    names = set(_names(told, posted)) - {told.layer.geometry, *told.proposal.fields}
    stored = {each.name: each.base for each in told.differences if each.name in names}
    return from_json(told.layer, stored)


def _all(told: Told, chosen: list[str] | None) -> bool:
    wanted = {name for part in told.parts if part.verdict != "same" for name in part.names}
    return chosen is None or wanted <= set(chosen)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _reject(request: HttpRequest, reviewer: Reviewer, told: Told) -> tuple[str, bool]:
    reason = reason_of(request.POST)
    services.reject(proposal=told.proposal.id, reviewer=reviewer.author, reason=reason)
    return _("Rejected, with your reason."), False


def _confirm(request: HttpRequest, reviewer: Reviewer, told: Told) -> tuple[str, bool]:
    outcome = services.confirm(proposal=told.proposal.id, author=reviewer.author)
    if outcome.state == State.APPLIED:
        return _("Confirmed; with that it is on the map."), False
    return _("Confirmed. It still waits for others."), True


def _supersede(request: HttpRequest, reviewer: Reviewer, told: Told) -> tuple[str, bool]:
    try:
        other = uuid.UUID(request.POST.get("by", ""))
    except ValueError:
        raise ValidationError(_("Please choose the other proposal.")) from None
    services.supersede(proposal=told.proposal.id, reviewer=reviewer.author, by=other)
    return _("Closed in favour of the other proposal."), False


def _block(request: HttpRequest, reviewer: Reviewer, told: Told) -> tuple[str, bool]:
    days = _number(request.POST.get("days"))
    author = told.proposal.author_id
    if author is None or days not in BLOCKS:
        raise ValidationError(_("Please choose how long."))
    services.block(
        contributor=author,
        until=timezone.now() + dt.timedelta(days=days),
        reviewer=reviewer.author,
        reason=str(request.POST.get("reason", "")),
    )
    return _("Blocked. What waits of theirs goes on waiting."), True


def _unblock(request: HttpRequest, reviewer: Reviewer, told: Told) -> tuple[str, bool]:
    if told.proposal.author_id is None:
        raise Http404
    reason = str(request.POST.get("reason", ""))
    services.unblock(contributor=told.proposal.author_id, reviewer=reviewer.author, reason=reason)
    return _("The block has ended."), True


Act = Callable[[HttpRequest, Reviewer, Told], tuple[str, bool]]
# What to say, and whether to stay on this page.
ACTIONS: dict[str, Act] = {
    "accept": _accept,
    "reject": _reject,
    "confirm": _confirm,
    "supersede": _supersede,
    "block": _block,
    "unblock": _unblock,
}
