from django.urls import path

from geoplatform.services.proposals import views

urlpatterns = [
    path("proposals", views.proposals, name="proposals"),
    path("proposals/<uuid:id>", views.proposal, name="proposal"),
    path("proposals/<uuid:id>/<slug:decision>", views.decision, name="decision"),
]
