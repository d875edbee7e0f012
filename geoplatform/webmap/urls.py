"""Included by geoplatform/urls.py inside i18n_patterns."""

from django.urls import URLPattern, path

from geoplatform.webmap import views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="map"),
    path("<slug:name>/", views.listing, name="listing"),
    path("<slug:name>/new", views.add, name="add"),
    path("<slug:name>/<uuid:id>", views.feature, name="feature"),
]
