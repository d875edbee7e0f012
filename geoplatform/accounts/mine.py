"""What belongs to me: all that a browser's key or an account has proposed, to see, withdraw, take away and erase.

A key comes in the body of a POST, never in an address, and is written nowhere. An account needs no JavaScript here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse, translate_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from geoplatform.catalog import registry
from geoplatform.contributions import keys, selectors, trust
from geoplatform.contributions.access import author_of_key, author_of_user, roles_of
from geoplatform.contributions.models import WAITING, Contributor, Decision, Proposal
from geoplatform.contributions.services import Author, Refused, take_back
from geoplatform.contributions.taking import may_take_back
from geoplatform.pages import guard
from geoplatform.pages.frame import LANGUAGES, frame

SHOWN = 200  # newest first; the export has them all


@dataclass
class Said:
    """What an action answers, in words, and whether a key is to be forgotten by its browser."""

    words: str = ""
    wrong: bool = False
    erased: bool = False


@sensitive_post_parameters("key")
@never_cache
@csrf_exempt  # the origin is looked at instead, so that nobody gets a cookie for looking
@require_http_methods(["GET", "HEAD", "POST"])
def my(request: HttpRequest) -> HttpResponse:
    """GET: an account's own list, or the frame that a script fills. POST: `key`, `do`, `proposal`, `sure`."""
    if request.method != "POST":
        return _page(request, None, Said())
    if not guard.is_ours(request):
        refused = Said(_("This form was not sent from a page of this platform."), wrong=True)
        return _page(request, None, refused, status=403)
    secret = request.POST.get("key", "")
    author = author_of_key(secret, False) if secret else _account(request)
    if author is None or author.contributor is None:
        return _page(request, None, Said(), by_key=bool(secret))
    match request.POST.get("do", ""):
        case "export":
            return _export(author.contributor)
        case "withdraw":
            said = _withdraw(author, request.POST.get("proposal", ""))
        case "erase":
            said = _erase(request, author.contributor, by_key=bool(secret))
        case _:
            said = Said()
    if not secret and not said.wrong:
        # So that reloading sends nothing twice.
        return HttpResponseRedirect(reverse("map" if said.erased else "my"), status=303)
    status = 422 if said.wrong else 200
    return _page(request, author if secret else None, said, by_key=bool(secret), status=status)


def _account(request: HttpRequest) -> Author | None:
    return author_of_user(request.user, make=False) if request.user.is_authenticated else None


def _page(
    request: HttpRequest,
    of_key: Author | None,
    said: Said,
    *,
    by_key: bool = False,
    status: int = 200,
) -> HttpResponse:
    account = _account(request)
    context = {
        **frame({code: translate_url(request.path, code) for code in LANGUAGES}),
        "account": _record(account.contributor) if account else None,
        "browser": _record(of_key.contributor) if of_key and not said.erased else None,
        "by_key": by_key,
        "said": said,
    }
    return render(request, "accounts/my.html", context, status=status)


def _record(contributor: Contributor | None) -> dict[str, Any]:
    """What a page shows of a contributor; nothing yet of an account that has sent nothing."""
    if contributor is None:
        return {"rows": [], "number": 0}
    found = selectors.mine(contributor)
    return {
        "rows": [_row(each) for each in found.prefetch_related("decisions")[:SHOWN]],
        "number": found.count(),
        "shown": SHOWN,
        "since": contributor.since,
        "accepted": contributor.accepted,
    }


def _row(proposal: Proposal) -> dict[str, Any]:
    layer = registry.get(proposal.layer)
    made = selectors.decisions(proposal)
    reasons = [each.reason for each in made if each.kind != Decision.Kind.CONFIRM and each.reason]
    there = (
        layer is not None
        and layer.geometry
        and layer.model._default_manager.filter(pk=proposal.feature).exists()
    )
    return {
        "proposal": proposal,
        "layer": layer.title if layer else proposal.layer,
        "address": reverse("feature", args=[proposal.layer, proposal.feature]) if there else "",
        "takes_back": may_take_back(proposal),
        "why": trust.why(proposal.waits_for) if proposal.state in WAITING else "",
        "reason": reasons[-1] if reasons else "",
    }


def _withdraw(author: Author, number: str) -> Said:
    try:
        take_back(proposal=uuid.UUID(number), author=author)
    except (Refused, ValidationError) as error:
        return Said(str(error), wrong=True)
    except ValueError:
        return Said(_("There is no such proposal."), wrong=True)
    return Said(_("You have taken it back."))


def _export(contributor: Contributor) -> HttpResponse:
    """Everything that is linked to this contributor, as JSON."""
    document = {
        "contributor": {
            "since": contributor.since.isoformat(),
            "last_seen": contributor.last_seen.isoformat(),
            "accepted": contributor.accepted,
            "rejected": contributor.rejected,
            "blocked_until": contributor.blocked_until and contributor.blocked_until.isoformat(),
            "block_reason": contributor.block_reason or None,
        },
        "proposals": [
            {
                **selectors.public(each),
                "consent": {"text": each.consent or None, "at": each.created.isoformat()},
            }
            for each in selectors.mine(contributor).prefetch_related("decisions")
        ],
    }
    if contributor.user:
        document["account"] = {
            "username": contributor.user.get_username(),
            "email": contributor.user.email or None,
            "joined": contributor.user.date_joined.isoformat(),
            "last_login": contributor.user.last_login and contributor.user.last_login.isoformat(),
        }
    answer = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer.headers["Content-Disposition"] = 'attachment; filename="contributions.json"'
    return answer


def _erase(request: HttpRequest, contributor: Contributor, *, by_key: bool) -> Said:
    """Cut the link between a person and what they gave. An account goes with it: its number stands in revisions."""
    if request.POST.get("sure") != "yes":
        return Said(_("Please tick that you are sure."), wrong=True)
    if by_key:
        keys.forget(contributor)
        return Said(_("The link is erased. Your key is worth nothing any more."), erased=True)
    user = request.user
    assert isinstance(user, User)
    if user.is_staff or user.is_superuser or roles_of(user):
        return Said(
            _("You hold a role here. Please ask the people who run this platform to end it first."),
            wrong=True,
        )
    keys.forget(contributor)
    logout(request)
    user.delete()
    return Said(erased=True)
