"""Included by geoplatform/urls.py inside i18n_patterns."""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import SlugConverter

from geoplatform.catalog import registry
from geoplatform.webmap import find_views, history, views


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
    path("<layer:name>/", find_views.listing, name="listing"),
    path("<layer:name>/find", find_views.find, name="find"),
    path("<layer:name>/new", views.add, name="add"),
    path("<layer:name>/<uuid:id>", views.feature, name="feature"),
    path("<layer:name>/<uuid:id>/history", history.feature_history, name="history"),
    path("<layer:name>/<int:number>", views.by_number, name="by-number"),
]
