"""Green and recreation areas: where the city is quiet."""

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature
from geoplatform.catalog.symbols import Categorized, Fill
from geoplatform.catalog.themes import HighValue


class Kind(models.TextChoices):
    PARK = "park", _("park")
    GARDEN = "garden", _("public garden")
    FOREST = "forest", _("forest")
    MEADOW = "meadow", _("meadow, grass")
    CEMETERY = "cemetery", _("cemetery")
    PLAYGROUND = "playground", _("playground")
    SPORTS = "sports", _("sports ground")
    BATHING_PLACE = "bathing-place", _("bathing place")
    NATURE_RESERVE = "nature-reserve", _("nature reserve")
    ORCHARD = "orchard", _("orchard")
    FARMLAND = "farmland", _("farmland")
    OTHER = "other", _("other green space")


class GreenSpace(Feature):
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    public_access = models.BooleanField(_("open to the public"), null=True, blank=True)
    area = models.MultiPolygonField(_("area"))

    class Meta:
        verbose_name = _("green space")
        verbose_name_plural = _("green spaces")

    def __str__(self) -> str:
        return self.name or self.get_kind_display()


layer = Layer(
    name="green-spaces",
    title=_("Green and recreation areas"),
    description=_("Parks, forests, meadows, cemeteries, playgrounds and bathing places."),
    model=GreenSpace,
    geometry="area",
    public=("name", "kind", "public_access"),
    editable=("name", "kind", "public_access", "area"),
    label="name",
    questions={"public_access": _("May I go in?")},
    symbol=Categorized(
        "kind",
        {
            Kind.PARK: Fill(color="#7bb661", opacity=0.55, outline="#4f8a3c"),
            Kind.GARDEN: Fill(color="#8cc084", opacity=0.55, outline="#4f8a3c"),
            Kind.FOREST: Fill(color="#2f6b3a", opacity=0.5, outline="#24532d"),
            Kind.MEADOW: Fill(color="#c5d86d", opacity=0.5, outline="#8da242"),
            Kind.CEMETERY: Fill(
                color="#8a9a7b", opacity=0.55, outline="#5f6d52", outline_dash=(2, 2)
            ),
            Kind.PLAYGROUND: Fill(color="#f2a65a", opacity=0.6, outline="#b8692a"),
            Kind.SPORTS: Fill(color="#76c1b2", opacity=0.55, outline="#3f8577"),
            Kind.BATHING_PLACE: Fill(color="#56b4e9", opacity=0.55, outline="#1f7fb5"),
            Kind.NATURE_RESERVE: Fill(
                color="#3d8361", opacity=0.4, outline="#1f5f42", outline_dash=(4, 2)
            ),
            Kind.ORCHARD: Fill(color="#d9a5b3", opacity=0.5, pattern="dots", outline="#a05c72"),
            Kind.FARMLAND: Fill(color="#e8dab2", opacity=0.5, outline="#b59f5b"),
        },
        Fill(color="#a3b899", opacity=0.5, outline="#6f8665"),
    ),
    zooms=(10, 22),
    high_value=HighValue.ENVIRONMENT,
)
