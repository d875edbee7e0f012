"""Included by geoplatform/urls.py inside i18n_patterns, below /planning/."""

from django.urls import URLPattern, path

from geoplatform.planning import candidates, features, views

urlpatterns: list[URLPattern] = [
    path("", views.planning, name="planning"),
    path("candidates", candidates.candidates, name="candidates"),
    path("questions", features.questions, name="questions"),
    path("report", views.report, name="planning-report"),
]
