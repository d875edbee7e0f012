"""Green corridors: how people and animals get from green to green."""

from django.contrib.gis.db import models
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature
from geoplatform.catalog.symbols import Categorized, Stroke


class Kind(models.TextChoices):
    GREEN_CORRIDOR = "green-corridor", _("green corridor")
    AVENUE = "avenue", _("avenue")
    SHORE_PATH = "shore-path", _("shore path")
    HABITAT_LINK = "habitat-link", _("habitat link")


class GreenCorridor(Feature):
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    width_m = models.FloatField(
        _("width (m)"), null=True, blank=True, validators=[MinValueValidator(0)]
    )
    course = models.MultiLineStringField(_("course"))

    class Meta:
        verbose_name = _("green corridor")
        verbose_name_plural = _("green corridors")

    def __str__(self) -> str:
        return self.name or self.get_kind_display()


layer = Layer(
    name="green-corridors",
    title=_("Green corridors"),
    description=_("Avenues, shore paths and habitat links."),
    model=GreenCorridor,
    geometry="course",
    public=("name", "kind", "width_m"),
    editable=("name", "kind", "width_m", "course"),
    label="name",
    symbol=Categorized(
        "kind",
        {
            Kind.GREEN_CORRIDOR: Stroke(color="#3a7d44", width=4, opacity=0.8),
            Kind.AVENUE: Stroke(color="#5b8c2a", width=4, dash=(2, 1), opacity=0.9),
            Kind.SHORE_PATH: Stroke(color="#1f7fb5", width=3, dash=(4, 2)),
            Kind.HABITAT_LINK: Stroke(color="#7a5195", width=3, dash=(1, 2)),
        },
        Stroke(color="#3a7d44", width=3),
    ),
    zooms=(10, 22),
)
