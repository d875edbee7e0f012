"""The changeset: who changed something, why, by which road and when."""

from django.contrib.postgres.fields import ArrayField
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


class Redaction(models.Model):
    """Texts of a closed version, or a changeset's reason, that were replaced by a marker. Written by triggers."""

    table_name = models.TextField(_("table"))
    feature = models.UUIDField(_("feature"), null=True)
    # Of a changeset's reason: the changeset's id.
    version = models.BigIntegerField(_("version"))
    columns = ArrayField(models.TextField(), verbose_name=_("columns"))
    changeset = models.ForeignKey(
        Changeset, verbose_name=_("changeset"), on_delete=models.PROTECT, related_name="redactions"
    )

    class Meta:
        verbose_name = _("redaction")
        verbose_name_plural = _("redactions")

    def __str__(self) -> str:
        return f"{self.table_name} {self.feature or ''} {self.version}"
