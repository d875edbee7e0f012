"""What sources say besides what layers hold: their last word where people changed it, and all of an object's tags."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.models import Source


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


class ObjectTags(models.Model):
    """All that a source says of an object (`node/123`), whatever of it the layers hold: for a field that comes later.

    Nothing shows or searches it. It follows the source's last import and has no versions: the source keeps its own.
    """

    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        on_delete=models.CASCADE,
        db_constraint=False,  # written in sets, joined with the features of the source
        db_index=False,
        related_name="+",
    )
    source_key = models.TextField(_("key in its source"), db_collation="C")
    tags = models.JSONField(_("tags"))

    class Meta:
        verbose_name = _("tags of an object")
        verbose_name_plural = _("tags of objects")
        constraints = [
            models.UniqueConstraint(fields=["source", "source_key"], name="tags_once_per_object")
        ]

    def __str__(self) -> str:
        return self.source_key
