"""An account's own overview, and what django-allauth's pages leave to us."""

from __future__ import annotations

from allauth.socialaccount.providers.openid_connect.views import login as oidc_login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from geoplatform.catalog import registry
from geoplatform.contributions.access import roles_of
from geoplatform.pages import guard


@never_cache
@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Who I am here, and what I may."""
    titles = {each.name: each.title for each in registry.layers()}
    roles = [
        {
            "kind": role.get_kind_display(),
            "layer": titles.get(role.layer, role.layer),
            "municipality": role.municipality,
        }
        for role in roles_of(request.user)
    ]
    return render(request, "accounts/overview.html", {"roles": roles})


@never_cache
def no_mail(request: HttpRequest, **_key: str) -> HttpResponse:
    """Where this installation sends no e-mail: who helps instead."""
    return render(request, "accounts/no_mail.html")


@never_cache
def city_login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """On to the city's own login, when one of our pages asked for it.

    A link, not a form: the policy of our pages lets forms lead to this host alone, also by redirects. What a form's
    token would keep out, another site that starts a login here, is kept out by the origin.
    """
    if not guard.is_ours(request):
        again = request.get_full_path()
        return render(request, "accounts/city_login.html", {"again": again})
    answer: HttpResponseBase = oidc_login(request, provider_id)
    return answer
