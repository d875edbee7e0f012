"""One table of plants, two layers: every single tree, and everything edible.

A fruit tree that the city's cadastre knows is on the fruit map without being entered twice, and a citizen's find counts
in the planner's figures.
"""

from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.derived import Inherited
from geoplatform.catalog.layer import Layer, Related
from geoplatform.catalog.models import Feature
from geoplatform.catalog.seasons import half_month_field, half_months_check, season_field
from geoplatform.catalog.symbols import Categorized, Marker
from layers.species import Category, GrowthForm, Species


class Access(models.TextChoices):
    PUBLIC = "public", _("public: everybody may pick")
    OWNER_PERMITS = "owner-permits", _("the owner permits picking")
    OVERHANGING = "overhanging", _("hangs over public ground")
    OWN_PROPERTY = "own-property", _("own property: please ask")
    CLOSED = "closed", _("closed: no picking")


class Plant(Feature):
    """A tree, shrub or patch of herbs. A value of its own (`own_...`) wins over that of its species."""

    derived = (
        Inherited("growth_form", "own_growth_form", "species__growth_form"),
        Inherited("edible", "own_edible", "species__edible"),
        Inherited("fruit_from", "own_fruit_from", "species__fruit_from"),
        Inherited("fruit_to", "own_fruit_to", "species__fruit_to"),
    )

    species = models.ForeignKey(
        Species,
        verbose_name=_("species"),
        on_delete=models.PROTECT,
        db_constraint=False,  # kept in sets: a city's trees come by the hundred thousand
        related_name="plants",
        null=True,
        blank=True,
    )
    cultivar = models.CharField(_("cultivar"), max_length=100, blank=True)
    access = models.CharField(_("access"), max_length=20, choices=Access, blank=True)
    number_of_plants = models.PositiveIntegerField(
        _("number of plants"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10000)],
    )
    height_m = models.FloatField(
        _("height (m)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(150)],
    )
    crown_m = models.FloatField(
        _("crown diameter (m)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    trunk_girth_cm = models.FloatField(
        _("trunk girth (cm)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(4000)],
    )
    planted_year = models.IntegerField(
        _("planted in"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1000), MaxValueValidator(2100)],
    )
    note = models.TextField(_("note"), blank=True, max_length=2000)
    own_growth_form = models.CharField(
        _("growth form (if not that of the species)"),
        max_length=10,
        choices=GrowthForm,
        null=True,
        blank=True,
    )
    own_edible = models.BooleanField(_("edible (if not as the species)"), null=True, blank=True)
    own_fruit_from = half_month_field(_("ripe from (if not as the species)"))
    own_fruit_to = half_month_field(_("ripe to (if not as the species)"))
    growth_form = models.CharField(
        _("growth form"), max_length=10, choices=GrowthForm, null=True, editable=False
    )
    edible = models.BooleanField(_("edible"), null=True, editable=False)
    fruit_from = half_month_field(_("ripe from"), editable=False)
    fruit_to = half_month_field(_("ripe to"), editable=False)
    ripe = season_field("fruit_from", "fruit_to", _("ripe in"))
    location = models.PointField(_("location"))

    class Meta:
        verbose_name = _("plant")
        verbose_name_plural = _("plants")
        constraints = [half_months_check("own_fruit_from", "own_fruit_to", table="plant")]
        indexes = [
            # How many trees of each sort stand in a quarter is counted without a look at the trees.
            models.Index(
                name="trees_by_quarter",
                fields=["quarter", "species", "edible", "access", "number_of_plants"],
                condition=models.Q(growth_form="tree") & ~models.Q(status="gone"),
            )
        ]

    def __str__(self) -> str:
        return str(self.species or self.id)


PUBLIC = (
    Related("species", "species__botanical_name"),
    Related("species_de", "species__german_name"),
    Related("species_en", "species__english_name"),
    Related("category", "species__category"),
    "cultivar",
    "growth_form",
    "edible",
    "access",
    "fruit_from",
    "fruit_to",
    "number_of_plants",
    "height_m",
    "crown_m",
    "trunk_girth_cm",
    "planted_year",
    "note",
)
EDITABLE = (
    "species",
    "cultivar",
    "access",
    "number_of_plants",
    "height_m",
    "crown_m",
    "trunk_girth_cm",
    "planted_year",
    "own_fruit_from",
    "own_fruit_to",
    "own_growth_form",
    "own_edible",
    "note",
    "location",
)
# A cultivar is one of its species.
COUPLED = (("species", "cultivar"),)
FACETS = ("species", "category", "access", "status", "ripe")

layers = (
    Layer(
        name="trees",
        title=_("Trees"),
        description=_("Every single tree, from the city's cadastre and from citizens."),
        model=Plant,
        geometry="location",
        public=PUBLIC,
        editable=EDITABLE,
        coupled=COUPLED,
        label="species_de",
        questions={"access": _("May I pick?")},
        symbol=Marker(color="#3c7a3a", size=6, outline="#ffffff", outline_width=1),
        zooms=(10, 22),
        facets=FACETS,
        where=Q(growth_form=GrowthForm.TREE),
    ),
    Layer(
        name="fruit-trees",
        title=_("Fruit trees and other edible plants"),
        description=_("Everything edible: fruit and nut trees, berry shrubs and herbs."),
        model=Plant,
        geometry="location",
        public=PUBLIC,
        editable=EDITABLE,
        coupled=COUPLED,
        label="species_de",
        worth_a_stop=True,
        questions={"access": _("May I pick?")},
        symbol=Categorized(
            "category",
            {
                Category.FRUIT: Marker(color="#c1121f", size=12),
                Category.NUT: Marker(color="#8c5a2b", size=13, shape="square"),
                Category.SHRUB: Marker(color="#6a1b9a", size=14, shape="triangle"),
                Category.HERB: Marker(color="#1b7f5c", size=13, shape="diamond"),
            },
            Marker(color="#c1121f", size=12),
            season=("fruit_from", "fruit_to"),
        ),
        zooms=(10, 22),
        facets=FACETS,
        where=Q(edible=True),
    ),
)
