"""Whole layers as files, at addresses that can be written into a catalogue."""

from django.urls import path

from geoplatform.services.downloads import views

urlpatterns = [
    path("downloads/", views.overview, name="downloads"),
    path("downloads/<str:file>", views.download, name="download"),
]
