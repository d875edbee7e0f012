from django.urls import path

from geoplatform.services.downloads import views

urlpatterns = [path("downloads/<str:file>", views.download, name="download")]
