"""Included by geoplatform/urls.py inside i18n_patterns, below /planning/."""

from django.urls import URLPattern, path

from geoplatform.pages.later import Later

ROOM = "geoplatform.planning."

urlpatterns: list[URLPattern] = [
    path("", Later(ROOM + "views.planning"), name="planning"),
    path("candidates", Later(ROOM + "candidates.candidates"), name="candidates"),
    path("questions", Later(ROOM + "features.questions"), name="questions"),
    path("report", Later(ROOM + "views.report"), name="planning-report"),
    path("scenarios/", Later(ROOM + "scenarios.scenarios"), name="scenarios"),
    path("scenarios/draw", Later(ROOM + "scenarios.draw"), name="scenario-draw"),
    path("scenarios/compare", Later(ROOM + "scenario_compare.compare"), name="scenario-compare"),
    path("scenarios/<uuid:key>", Later(ROOM + "scenarios.scenario"), name="scenario"),
    path(
        "scenarios/<uuid:key>.gpkg",
        Later(ROOM + "scenario_files.geopackage"),
        name="scenario-geopackage",
    ),
    path(
        "scenarios/<uuid:key>/report", Later(ROOM + "scenario_files.report"), name="scenario-report"
    ),
]
