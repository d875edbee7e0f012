"""Included by geoplatform/urls.py inside i18n_patterns. Names of django-allauth that stand here come before its own."""

from allauth.socialaccount.providers.openid_connect.views import callback
from django.conf import settings
from django.urls import include, path

from geoplatform.accounts import law, mine, tokens, views
from geoplatform.pages.models import LawText

mail = (
    []
    if settings.EMAIL_HOST
    else [
        path("email/", views.no_mail, name="account_email"),
        path("password/reset/", views.no_mail, name="account_reset_password"),
    ]
)

urlpatterns = [
    path(
        "accounts/",
        include(
            [
                path("", views.overview, name="account_overview"),
                path("tokens/", tokens.tokens, name="tokens"),
                path("tokens/<int:number>/end", tokens.end, name="end-token"),
                *mail,
                path(
                    "oidc/<slug:provider_id>/login/", views.city_login, name="openid_connect_login"
                ),
                path(
                    "oidc/<slug:provider_id>/login/callback/",
                    callback,
                    name="openid_connect_callback",
                ),
                path("", include("allauth.urls")),
            ]
        ),
    ),
    path("my/", mine.my, name="my"),
    *(path(f"{kind}/", law.law_page, {"kind": kind}, name=kind) for kind in LawText.Kind.values),
]
