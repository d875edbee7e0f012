from django.urls import path

from geoplatform.services.catalogue import views

urlpatterns = [
    path("catalogue.ttl", views.catalogue, {"form": "turtle"}, name="catalogue-ttl"),
    path("catalogue.jsonld", views.catalogue, {"form": "json-ld"}, name="catalogue-jsonld"),
]
