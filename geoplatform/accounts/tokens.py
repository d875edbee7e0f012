"""Access tokens of an account: make one, see what there are, end one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from geoplatform.catalog import registry
from geoplatform.contributions.roles import AccessToken, make_token, revoke

MOST = 20  # valid ones at a time
DAYS = (30, 90, 365)


def _editable() -> list[tuple[str, Any]]:
    return [(each.name, each.title) for each in registry.layers() if each.editable]


def _days() -> list[tuple[int, str]]:
    return [(days, _("%(days)d days") % {"days": days}) for days in DAYS]


class TokenForm(forms.Form):
    """What a token is for."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Where you use it, for instance: QGIS at work")
    )
    layers = forms.MultipleChoiceField(
        label=_("Layers that it may write to"),
        choices=_editable,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all that you may write to yourself."),
    )
    days = forms.TypedChoiceField(label=_("Valid for"), choices=_days, coerce=int, initial=DAYS[-1])

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@sensitive_variables("text")
def tokens(request: HttpRequest) -> HttpResponse:
    """All of one's tokens, and a form for another one; its text is shown in the answer to that form alone."""
    assert isinstance(request.user, User)
    form = TokenForm(request.POST or None)
    text = ""
    today = timezone.localdate()
    if form.is_valid():
        valid = AccessToken.objects.filter(user=request.user, revoked=None, expires__gte=today)
        if valid.count() >= MOST:
            form.add_error(None, _("You have many tokens. Please end one that you no longer need."))
        else:
            expires = today + dt.timedelta(days=form.cleaned_data["days"])
            _made, text = make_token(
                user=request.user,
                name=form.cleaned_data["name"],
                layers=form.cleaned_data["layers"],
                expires=expires,
            )
            form = TokenForm()
    titles = {each.name: each.title for each in registry.layers()}
    held = AccessToken.objects.filter(user=request.user).order_by("-created")
    rows = [
        {"token": each, "layers": [titles.get(name, name) for name in each.layers]} for each in held
    ]
    context = {"form": form, "text": text, "rows": rows, "host": request.build_absolute_uri("/")}
    return render(request, "accounts/tokens.html", context, status=200 if not form.errors else 422)


@require_POST
@login_required
def end(request: HttpRequest, number: int) -> HttpResponse:
    """End one of one's own tokens."""
    assert isinstance(request.user, User)
    found = AccessToken.objects.filter(pk=number, user=request.user).first()
    if found is None:
        raise Http404
    revoke(found)
    return redirect("tokens")
