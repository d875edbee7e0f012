"""Included by geoplatform/urls.py inside i18n_patterns."""

from django.urls import URLPattern, path

from geoplatform.review import duplicates, public, undo, views

urlpatterns: list[URLPattern] = [
    path("review/", views.queue_page, name="review"),
    path("review/<uuid:id>", views.proposal_page, name="review-proposal"),
    path("review/duplicates", duplicates.duplicates_page, name="review-duplicates"),
    path("review/undo", undo.undo_page, name="review-undo"),
    path("proposals/<uuid:id>", public.proposal_for_all, name="proposal"),
]
