"""Municipalities: one installation holds several, and every answer may cross their borders."""

from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import AbstractMunicipality
from geoplatform.catalog.symbols import Fill
from geoplatform.catalog.themes import HighValue, Theme


class Municipality(AbstractMunicipality):
    class Meta:
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")


layer = Layer(
    name="municipalities",
    title=_("Municipalities"),
    description=_(
        "Municipalities of this platform with their official key, metric CRS and inhabitants."
    ),
    model=Municipality,
    geometry="outline",
    public=("name", "ags", "metric_srid", "inhabitants", "inhabitants_date", "quarter_kind"),
    label="name",
    symbol=Fill(color=None, outline="#5b4b8a", outline_width=2.5, outline_dash=(6, 3)),
    zooms=(4, 22),
    role="municipality",
    theme=Theme.REGIONS,
    high_value=HighValue.GEOSPATIAL,
)
