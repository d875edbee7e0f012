"""Quarters: Stadtteile, Ortsteile and whatever else a municipality is divided into."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import AbstractQuarter
from geoplatform.catalog.symbols import Fill
from geoplatform.catalog.themes import HighValue, Theme


class Quarter(AbstractQuarter):
    class Meta:
        verbose_name = _("quarter")
        verbose_name_plural = _("quarters")
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "kind", "key"], name="one_quarter_per_key"
            ),
        ]


layer = Layer(
    name="quarters",
    title=_("Quarters"),
    description=_("Quarters with their key, kind and inhabitants."),
    model=Quarter,
    geometry="outline",
    public=("name", "key", "kind", "inhabitants", "inhabitants_date"),
    label="name",
    symbol=Fill(
        color="#8d99ae", opacity=0.08, outline="#6c757d", outline_width=1, outline_dash=(3, 2)
    ),
    zooms=(9, 22),
    role="quarter",
    theme=Theme.REGIONS,
    high_value=HighValue.GEOSPATIAL,
)
