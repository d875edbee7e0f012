"""The changeset: who changed something, why, by which road and when."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Changeset(models.Model):
    """What one transaction changed. The database writes it at the first write; the web role only reads."""

    actor = models.TextField(_("who"))
    reason = models.TextField(_("why"), blank=True)
    channel = models.TextField(_("by which road"))
    at = models.DateTimeField(_("when"))
    # Number of the database transaction; it tells a changeset of this transaction from a remembered one.
    transaction = models.BigIntegerField(editable=False)

    class Meta:
        verbose_name = _("changeset")
        verbose_name_plural = _("changesets")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor}"
