"""Whole layers as files, at addresses that can be written into a catalogue."""

from django.urls import path

from geoplatform.services.downloads import project, views

urlpatterns = [
    path("downloads/", views.overview, name="downloads"),
    path(f"downloads/{project.NAME}", project.qgis_project, name="qgis-project"),
    path("downloads/snapshots/<str:file>", views.snapshot, name="snapshot"),
    path("downloads/<str:file>", views.download, name="download"),
]
