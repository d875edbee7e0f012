"""Texts that the law asks for, as a city wrote them. Every version stays: people have agreed to it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class LawText(models.Model):
    """One version of one text in one language. Only ever added: the newest one holds."""

    class Kind(models.TextChoices):
        IMPRINT = "imprint", _("Imprint")
        PRIVACY = "privacy", _("Privacy")
        ACCESSIBILITY = "accessibility", _("Accessibility")
        TERMS = "terms", _("Terms of contributing")

    kind = models.CharField(_("which text"), max_length=20, choices=Kind)
    language = models.CharField(
        _("language"), max_length=5, choices=[("de", "Deutsch"), ("en", "English")]
    )
    text = models.TextField(
        _("text"),
        max_length=100_000,
        help_text=_("Plain text; an empty line begins a paragraph. Addresses become links."),
    )
    since = models.DateTimeField(_("since"), editable=False, db_default=Now())

    class Meta:
        verbose_name = _("text of the law pages")
        verbose_name_plural = _("texts of the law pages")
        constraints = [
            models.CheckConstraint(
                name="lawtext_kind",
                condition=models.Q(kind__in=["imprint", "privacy", "accessibility", "terms"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language}) {self.pk}"
