from django.urls import path

from geoplatform.services.wms import views

urlpatterns = [path("wms", views.wms, name="wms")]
