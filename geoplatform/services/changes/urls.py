from django.urls import path

from geoplatform.services.changes import views

urlpatterns = [path("changes", views.changes, name="changes")]
