"""Included by geoplatform/urls.py inside i18n_patterns."""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import SlugConverter

from geoplatform.catalog import registry
from geoplatform.webmap import (
    contribute,
    find_views,
    history,
    near,
    offline_views,
    pending,
    sheet,
    undoing,
    views,
    walk_views,
)


class LayerName(SlugConverter):
    """The name of a layer; no address matches another one, so none is led from /name to /name/ in vain."""

    def to_python(self, value: str) -> str:
        if registry.get(value) is None:
            raise ValueError
        return value


register_converter(LayerName, "layer")

urlpatterns: list[URLPattern] = [
    path("", views.home, name="map"),
    path("search", find_views.search, name="search"),
    path("nearby", near.of_place, name="nearby-place"),
    path("walk", walk_views.walk, name="walk"),
    path("walk.gpx", walk_views.walk_gpx, name="walk-gpx"),
    path("sheet", sheet.sheet, name="sheet"),
    path("pending", pending.pending, name="pending"),
    path("offline", offline_views.missing, name="missing"),
    path("quarter", offline_views.quarter, name="quarter"),
    path("<layer:name>/", find_views.listing, name="listing"),
    path("<layer:name>/find", find_views.find, name="find"),
    path("<layer:name>/along", offline_views.along, name="along"),
    path("<layer:name>/new", contribute.add, name="add"),
    path("<layer:name>/undo", undoing.undo, name="undo"),
    path("<layer:name>/<uuid:id>", views.feature, name="feature"),
    path("<layer:name>/<uuid:id>/history", history.feature_history, name="history"),
    path("<layer:name>/<uuid:id>/correct", contribute.correct, name="correct"),
    path("<layer:name>/<uuid:id>/move", contribute.move, name="move"),
    path("<layer:name>/<uuid:id>/report", contribute.report, name="report"),
    path("<layer:name>/<uuid:id>/confirm", contribute.confirm, name="confirm"),
    path("<layer:name>/<uuid:id>/settle", undoing.settle, name="settle"),
    path("<layer:name>/<uuid:id>/nearby", near.of_feature, name="nearby"),
    path("<layer:name>/<int:number>", views.by_number, name="by-number"),
]
