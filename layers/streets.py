"""Streets and paths: the quiet ground of the map, searchable, and the network people walk on."""

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature
from geoplatform.catalog.symbols import Categorized, Stroke
from geoplatform.catalog.themes import HighValue, Theme


class Kind(models.TextChoices):
    """The values of OpenStreetMap's `highway`, drawn together where they look alike."""

    MOTORWAY = "motorway", _("motorway")
    TRUNK = "trunk", _("trunk road")
    PRIMARY = "primary", _("main road")
    SECONDARY = "secondary", _("secondary road")
    TERTIARY = "tertiary", _("collector road")
    RESIDENTIAL = "residential", _("residential street")
    LIVING_STREET = "living_street", _("living street")
    UNCLASSIFIED = "unclassified", _("minor road")
    SERVICE = "service", _("service road")
    PEDESTRIAN = "pedestrian", _("pedestrian street")
    TRACK = "track", _("track")
    CYCLEWAY = "cycleway", _("cycleway")
    FOOTWAY = "footway", _("footway")
    BRIDLEWAY = "bridleway", _("bridleway")
    PATH = "path", _("path")
    STEPS = "steps", _("steps")
    OTHER = "other", _("other way")


class Street(Feature):
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    foot = models.BooleanField(_("open to pedestrians"), null=True, blank=True)
    course = models.LineStringField(_("course"))

    class Meta:
        verbose_name = _("street or path")
        verbose_name_plural = _("streets and paths")

    def __str__(self) -> str:
        return self.name or self.get_kind_display()


WAY = Stroke(color="#b08968", width=1.2, dash=(3, 2))
STREET = Stroke(color="#ffffff", width=2.5, casing="#cbbfae")
MAIN = Stroke(color="#fff3d6", width=4, casing="#c9b98f")

layer = Layer(
    name="streets",
    title=_("Streets and paths"),
    description=_("Streets, footways and paths with foot access."),
    model=Street,
    geometry="course",
    public=("name", "kind", "foot"),
    editable=("name", "kind", "foot", "course"),
    label="name",
    symbol=Categorized(
        "kind",
        {
            **dict.fromkeys((Kind.MOTORWAY, Kind.TRUNK, Kind.PRIMARY, Kind.SECONDARY), MAIN),
            **dict.fromkeys(
                (Kind.FOOTWAY, Kind.PATH, Kind.BRIDLEWAY, Kind.TRACK, Kind.CYCLEWAY), WAY
            ),
            Kind.STEPS: Stroke(color="#8d6e63", width=2.5, dash=(0.6, 0.6)),
        },
        STREET,
    ),
    zooms=(12, 22),
    theme=Theme.TRANSPORT,
    high_value=HighValue.MOBILITY,
)
