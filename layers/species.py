"""Species: names, and when what of them is ripe. Plants refer to them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import AbstractSpecies
from geoplatform.catalog.seasons import half_month_field, half_months_check


class GrowthForm(models.TextChoices):
    TREE = "tree", _("tree")
    SHRUB = "shrub", _("shrub")
    HERB = "herb", _("herb")


class Category(models.TextChoices):
    FRUIT = "fruit", _("fruit")
    NUT = "nut", _("nut")
    SHRUB = "shrub", _("berry or shrub fruit")
    HERB = "herb", _("herb")


class Species(AbstractSpecies):
    german_name = models.CharField(_("German name"), max_length=120, blank=True)
    english_name = models.CharField(_("English name"), max_length=120, blank=True)
    genus = models.CharField(_("genus"), max_length=60, blank=True)
    family = models.CharField(_("family"), max_length=60, blank=True)
    growth_form = models.CharField(  # noqa: DJ001  null is "unknown", and what plants then state themselves
        _("growth form"), max_length=10, choices=GrowthForm, blank=True, null=True
    )
    edible = models.BooleanField(
        _("edible"), null=True, blank=True, help_text=_("empty: unknown, as for a genus alone")
    )
    category = models.CharField(_("category"), max_length=10, choices=Category, blank=True)
    mundraub_tid = models.IntegerField(_("mundraub category"), null=True, blank=True)
    fruit_from = half_month_field(_("ripe from"))
    fruit_to = half_month_field(_("ripe to"))
    flower_from = half_month_field(_("in flower from"))
    flower_to = half_month_field(_("in flower to"))
    season_source = models.CharField(_("source of the seasons"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("species")
        verbose_name_plural = _("species")
        constraints = [
            half_months_check(
                "fruit_from", "fruit_to", "flower_from", "flower_to", table="species"
            ),
        ]

    @classmethod
    def from_reference(cls, name: str, **known: str) -> "Species":
        """A species of which a file tells the name alone: what is not `known` stays unknown. Not saved."""
        return cls(botanical_name=name, genus=name.split()[0], **known)


layer = Layer(
    name="species",
    title=_("Species"),
    description=_("Kinds of plants with their names and seasons."),
    model=Species,
    geometry=None,
    public=(
        "botanical_name",
        "german_name",
        "english_name",
        "genus",
        "family",
        "growth_form",
        "edible",
        "category",
        "mundraub_tid",
        "fruit_from",
        "fruit_to",
        "flower_from",
        "flower_to",
        "season_source",
    ),
    label="german_name",
    names=("botanical_name", "english_name"),
    role="species",
)
