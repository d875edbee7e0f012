"""Included by geoplatform/urls.py inside i18n_patterns, below /planning/."""

from django.urls import URLPattern, path

from geoplatform.planning import views

urlpatterns: list[URLPattern] = [
    path("", views.planning, name="planning"),
    path("report", views.report, name="planning-report"),
]
