"""The trees as djangorestframework-gis serves them: a serializer, a list view and its own pagination.

The same rows, properties and order as the platform's, in one query with joins. Nothing is tuned beyond that.
"""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.generics import ListAPIView
from rest_framework.serializers import ReadOnlyField
from rest_framework_gis.fields import GeometryField
from rest_framework_gis.pagination import GeoJsonPagination
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from geoplatform.catalog import registry
from geoplatform.catalog.properties import properties
from geoplatform.database.health import healthz

layer = registry.get("trees")
assert layer is not None
PROPERTIES = properties(layer)


class Meta:
    model = layer.model
    geo_field = layer.geometry
    id_field = "id"
    fields = ["id", layer.geometry, *[each.name for each in PROPERTIES]]


RELATED = {
    each.name: ReadOnlyField(source=each.path.replace("__", "."), allow_null=True)
    for each in PROPERTIES
    if each.foreign_key is not None
}
Serializer = type(
    "Serializer",
    (GeoFeatureModelSerializer,),
    {"Meta": Meta, str(layer.geometry): GeometryField(), **RELATED},
)


class Page(GeoJsonPagination):
    page_size = 20_000


class Trees(ListAPIView):
    queryset: Any = (
        layer.model._default_manager.filter(layer.where)
        .select_related(*{each.foreign_key.name for each in PROPERTIES if each.foreign_key})
        .order_by("fid")
    )
    serializer_class = Serializer
    pagination_class = Page


urlpatterns = [path("trees", Trees.as_view()), path("healthz", healthz)]
