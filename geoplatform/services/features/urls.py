from django.urls import path, re_path

from geoplatform.services.features import history, items, queryables, views

urlpatterns = [
    re_path(r"^$", views.landing, name="api"),
    path("conformance", views.conformance, name="conformance"),
    path("openapi", views.openapi, name="openapi"),
    path("collections", views.collections, name="collections"),
    path("collections/<slug:name>", views.collection, name="collection"),
    path("collections/<slug:name>/queryables", queryables.queryables, name="queryables"),
    path("collections/<slug:name>/schema", queryables.schema, name="schema"),
    path("collections/<slug:name>/items", items.items, name="items"),
    path("collections/<slug:name>/items/<str:id>", items.item, name="item"),
    path(
        "collections/<slug:name>/items/<str:id>/history", history.item_history, name="item-history"
    ),
]
