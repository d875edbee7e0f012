"""What sources last said of features that people changed. Of all others it is what their last import wrote."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class LastSaid(models.Model):
    """The last word of a source about one feature, kept from the first load that met people's changes on it.

    A version says what stood there, not who said what of it; so the source's own values are kept beside it, as the
    base of the next three-way merge. Files of one source that fill different layers (a cadastre, its fruit trees) each
    have their own word.
    """

    feature = models.UUIDField(_("feature"))
    layer = models.CharField(_("layer that was loaded"), max_length=80)
    # Column to its value as PostgreSQL writes it, which it reads back exactly.
    values = models.JSONField(_("values"))
    # The last version in which nothing of people's stood beside what was imported; null: there was none.
    version = models.IntegerField(_("version"), null=True)
    at = models.DateTimeField(_("when"), db_default=Now())

    class Meta:
        verbose_name = _("last word of a source")
        verbose_name_plural = _("last words of sources")
        constraints = [
            models.UniqueConstraint(fields=["feature", "layer"], name="one_last_word_per_layer")
        ]

    def __str__(self) -> str:
        return f"{self.layer} {self.feature}"
