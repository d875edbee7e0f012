from django.urls import path, re_path

from geoplatform.services.analyses import views

urlpatterns = [
    re_path(r"^analyses/?$", views.listing, name="analyses"),
    path("analyses/<str:id>", views.description, name="analysis"),
    path("analyses/<str:id>/execution", views.execution, name="analysis-execution"),
    path("analyses/<str:id>/results", views.results, name="analysis-results"),
]
