"""What a reviewer does with one proposal: each button of its page, by the services."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.contributions import selectors, services
from geoplatform.contributions.models import Action, State
from geoplatform.contributions.values import from_json
from geoplatform.review.access import Reviewer
from geoplatform.review.forms import BLOCKS, ValuesForm, reason_of, values_form, written
from geoplatform.review.proposal import Told


class Wrong(Exception):
    """The form holds something that cannot be taken."""

    def __init__(self, errors: list[str], form: ValuesForm) -> None:
        super().__init__()
        self.errors, self.form = errors, form


def form_over(told: Told, data: Any = None) -> ValuesForm:
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


def _accept(request: HttpRequest, reviewer: Reviewer, told: Told) -> tuple[str, bool]:
    data = request.POST
    form = None if told.gone else form_over(told, data if "with_values" in data else None)
    if form is not None and form.is_bound and not form.is_valid():
        raise Wrong([_("Please look at the marked fields.")], form)
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
        raise Wrong(others or [_("Please look at the marked fields.")], form) from error
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
        reason=written(request.POST, "reason"),
    )
    return _("Blocked. What waits of theirs goes on waiting."), True


def _unblock(request: HttpRequest, reviewer: Reviewer, told: Told) -> tuple[str, bool]:
    if told.proposal.author_id is None:
        raise Http404
    reason = written(request.POST, "reason")
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
