"""Scenarios that somebody has kept: what is drawn, what is asked, and the instant of the data that it was drawn on."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Scenario(models.Model):
    """One version of a scenario. Versions are only added (saved.py): nobody can save the same one twice.

    Its address holds `key`, which nobody can guess; who knows it may read. Features are never written from here.
    """

    key = models.UUIDField(_("key"), default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    name = models.CharField(_("name"), max_length=200)
    note = models.TextField(_("note"), max_length=5000, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # A GeoJSON FeatureCollection (analysis/overlay.py).
    overlay = models.JSONField(_("drawing"))
    # What is asked of it, as the planner's form has it: texts by name.
    question = models.JSONField(_("question"))
    municipalities = models.JSONField(_("municipalities"))
    base = models.DateTimeField(_("drawn on the data of"))
    saved = models.DateTimeField(_("saved"), editable=False, db_default=Now())

    class Meta:
        verbose_name = _("scenario")
        verbose_name_plural = _("scenarios")
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="scenario_version_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="scenario_version"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.version})"
