"""What every feature carries, and the three subjects that others lean on: municipality, quarter, species."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.derived import Counted, Inherited
from geoplatform.catalog.expressions import NextFid
from geoplatform.catalog.licences import Licence


class Status(models.TextChoices):
    """How far a feature can be trusted."""

    CONFIRMED = "confirmed", _("confirmed")
    UNCONFIRMED = "unconfirmed", _("unconfirmed")
    GONE = "gone", _("gone")


class Source(models.Model):
    """Where data come from. One source may span several files; its own ids find a feature again at the next import."""

    name = models.SlugField(_("name"), unique=True, max_length=80)
    title = models.CharField(_("title"), max_length=200)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    url = models.URLField(_("address"), blank=True)
    licence = models.CharField(_("licence"), max_length=40, choices=Licence)
    attribution = models.CharField(_("attribution"), max_length=300, blank=True)
    as_of = models.DateField(_("as of"), null=True, blank=True)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self) -> str:
        return self.title


class Licensing(models.Model):
    """The one licence of a table's features in a municipality; features of different licences are never mixed."""

    table = models.CharField(_("table"), max_length=80)
    municipality = models.ForeignKey(
        settings.MUNICIPALITY_MODEL,
        verbose_name=_("municipality"),
        on_delete=models.CASCADE,
        related_name="+",
    )
    licence = models.CharField(_("licence"), max_length=40, choices=Licence)

    class Meta:
        verbose_name = _("licence of a layer")
        verbose_name_plural = _("licences of layers")
        constraints = [
            models.UniqueConstraint(
                fields=["table", "municipality"], name="one_licence_per_table_and_municipality"
            )
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.licence}"


class Feature(models.Model):
    """One thing on the map (OGC 17-069r4, feature). The database keeps version, times, municipality and quarter.

    `derived` and `counted` name columns that the database keeps true; they are not versioned. `reference` is the field
    by which files, forms and other tables name a feature of this kind. `with_geometry` names fields that follow when a
    file brings a feature's geometry. A foreign key with `db_constraint=False` is kept by the database all the
    same, in sets (`database/references.py`).
    """

    derived: ClassVar[tuple[Inherited, ...]] = ()
    counted: ClassVar[tuple[Counted, ...]] = ()
    reference: ClassVar[str] = "id"
    with_geometry: ClassVar[dict[str, object]] = {}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    fid = models.BigIntegerField(_("number"), unique=True, editable=False, db_default=NextFid())
    municipality = models.ForeignKey(
        settings.MUNICIPALITY_MODEL,
        verbose_name=_("municipality"),
        on_delete=models.PROTECT,
        db_constraint=False,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    quarter = models.ForeignKey(
        settings.QUARTER_MODEL,
        verbose_name=_("quarter"),
        # The database assigns its features anew when a quarter changes or goes.
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="+",
        db_index=False,  # the index on (source, source_key) serves for both
    )
    source_key = models.TextField(_("key in its source"), null=True, blank=True, editable=False)
    licence = models.CharField(_("licence"), max_length=40, choices=Licence, default=Licence.CC0)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.CONFIRMED)
    last_confirmed = models.DateField(_("last confirmed on"), null=True, blank=True)
    created = models.DateTimeField(_("created"), editable=False, db_default=Now())
    changed = models.DateTimeField(_("changed"), editable=False, db_default=Now())
    version = models.IntegerField(_("version"), editable=False, db_default=1)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(getattr(self, self.reference))


class AbstractMunicipality(Feature):
    """A municipality and the metric CRS in which its areas and distances are computed."""

    reference = "ags"
    with_geometry: ClassVar[dict[str, object]] = {"outline_from_quarters": False}
    municipality = None
    quarter = None

    ags = models.CharField(
        _("municipality key"),
        max_length=20,
        unique=True,
        help_text=_(
            "German municipalities: the eight digits of the AGS. Others: country code and national key, as AT-40101."
        ),
    )
    name = models.CharField(_("name"), max_length=100)
    metric_srid = models.IntegerField(
        _("metric CRS (EPSG)"), default=25833, help_text=_("unit metre, such as 25832 or 25833")
    )
    inhabitants = models.PositiveIntegerField(_("inhabitants"), null=True, blank=True)
    inhabitants_date = models.DateField(_("inhabitants as of"), null=True, blank=True)
    quarter_kind = models.CharField(
        _("kind of quarter it assigns by"), max_length=40, default="Stadtteil"
    )
    outline = models.MultiPolygonField(_("outline"), null=True, blank=True, spatial_index=True)
    outline_from_quarters = models.BooleanField(
        _("outline is the union of its quarters"),
        default=True,
        help_text=_("until an outline of its own is loaded"),
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class AbstractQuarter(Feature):
    """A part of a municipality. Kinds nest; the municipality says by which kind its features are assigned."""

    reference = "key"
    quarter = None
    municipality = models.ForeignKey(
        settings.MUNICIPALITY_MODEL,
        verbose_name=_("municipality"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    key = models.CharField(_("key"), max_length=40)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=40, default="Stadtteil")
    inhabitants = models.PositiveIntegerField(_("inhabitants"), null=True, blank=True)
    inhabitants_date = models.DateField(_("inhabitants as of"), null=True, blank=True)
    outline = models.MultiPolygonField(_("outline"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class AbstractSpecies(Feature):
    """A kind of plant. It stands nowhere, so it has no geometry and no municipality."""

    reference = "botanical_name"
    municipality = None
    quarter = None

    botanical_name = models.CharField(_("botanical name"), max_length=120, unique=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.botanical_name
