"""Included by geoplatform/urls.py inside i18n_patterns, below /planning/."""

from django.urls import URLPattern, path

from geoplatform.planning import (
    candidates,
    features,
    scenario_compare,
    scenario_files,
    scenarios,
    views,
)

urlpatterns: list[URLPattern] = [
    path("", views.planning, name="planning"),
    path("candidates", candidates.candidates, name="candidates"),
    path("questions", features.questions, name="questions"),
    path("report", views.report, name="planning-report"),
    path("scenarios/", scenarios.scenarios, name="scenarios"),
    path("scenarios/draw", scenarios.draw, name="scenario-draw"),
    path("scenarios/compare", scenario_compare.compare, name="scenario-compare"),
    path("scenarios/<uuid:key>", scenarios.scenario, name="scenario"),
    path("scenarios/<uuid:key>.gpkg", scenario_files.geopackage, name="scenario-geopackage"),
    path("scenarios/<uuid:key>/report", scenario_files.report, name="scenario-report"),
]
