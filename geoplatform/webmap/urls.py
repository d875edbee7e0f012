"""Included by geoplatform/urls.py inside i18n_patterns."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
