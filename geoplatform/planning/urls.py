"""Included by geoplatform/urls.py inside i18n_patterns, below /planning/."""

from django.urls import URLPattern, path

from geoplatform.planning import features, scenarios, views

urlpatterns: list[URLPattern] = [
    path("", views.planning, name="planning"),
    path("questions", features.questions, name="questions"),
    path("report", views.report, name="planning-report"),
    path("scenarios/", scenarios.scenarios, name="scenarios"),
    path("scenarios/draw", scenarios.draw, name="scenario-draw"),
    path("scenarios/<uuid:key>", scenarios.scenario, name="scenario"),
]
