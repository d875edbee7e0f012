"""Gardens that people share, and their plots. Never a tenant's data."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.derived import Counted
from geoplatform.catalog.layer import Layer, Related
from geoplatform.catalog.models import Feature, Status
from geoplatform.catalog.symbols import Categorized, Fill


class GardenKind(models.TextChoices):
    COMMUNITY = "community", _("community garden")
    ALLOTMENT_SITE = "allotment-site", _("allotment site")
    SCHOOL = "school", _("school garden")
    ORCHARD_MEADOW = "orchard-meadow", _("orchard meadow")


class PlotState(models.TextChoices):
    VACANT = "vacant", _("vacant")
    WAITING_LIST = "waiting-list", _("waiting list")
    TAKEN = "taken", _("taken")


class Garden(Feature):
    reference = "source_key"
    counted = (Counted("free_plots", "plots", Q(state=PlotState.VACANT) & ~Q(status=Status.GONE)),)

    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=GardenKind)
    operator = models.CharField(
        _("operator"), max_length=200, blank=True, help_text=_("an organisation, never a person")
    )
    contact_url = models.URLField(_("contact address"), blank=True)
    free_plots = models.PositiveIntegerField(_("free plots"), editable=False, db_default=0)
    area = models.MultiPolygonField(_("area"))

    class Meta:
        verbose_name = _("garden")
        verbose_name_plural = _("gardens")

    def __str__(self) -> str:
        return self.name or self.get_kind_display()


class GardenPlot(Feature):
    garden = models.ForeignKey(
        Garden,
        verbose_name=_("garden"),
        on_delete=models.PROTECT,
        related_name="plots",
        null=True,
        blank=True,
    )
    number = models.CharField(_("number"), max_length=20, blank=True)
    state = models.CharField(_("state"), max_length=20, choices=PlotState, default=PlotState.TAKEN)
    area = models.PolygonField(_("area"))

    class Meta:
        verbose_name = _("garden plot")
        verbose_name_plural = _("garden plots")

    def __str__(self) -> str:
        return self.number or str(self.id)


layers = (
    Layer(
        name="gardens",
        title=_("Gardens"),
        description=_("Community gardens, allotment sites, school gardens and orchard meadows."),
        model=Garden,
        geometry="area",
        public=("name", "kind", "free_plots", "operator", "contact_url"),
        editable=("name", "kind", "operator", "contact_url", "area"),
        label="name",
        worth_a_stop=True,
        symbol=Categorized(
            "kind",
            {
                GardenKind.COMMUNITY: Fill(
                    color="#e07a5f", opacity=0.45, outline="#a8432a", outline_width=1.5
                ),
                GardenKind.ALLOTMENT_SITE: Fill(
                    color="#b5838d", opacity=0.45, outline="#7d4b57", outline_width=1.5
                ),
                GardenKind.SCHOOL: Fill(
                    color="#f2cc8f", opacity=0.55, outline="#b98b34", outline_width=1.5
                ),
                GardenKind.ORCHARD_MEADOW: Fill(
                    color="#d4a373",
                    opacity=0.5,
                    pattern="dots",
                    outline="#96693c",
                    outline_width=1.5,
                ),
            },
            Fill(color="#b5838d", opacity=0.45, outline="#7d4b57"),
        ),
        zooms=(11, 22),
    ),
    Layer(
        name="garden-plots",
        title=_("Garden plots"),
        description=_("Plots of gardens and whether one is free."),
        model=GardenPlot,
        geometry="area",
        public=("number", "state", Related("garden", "garden__name")),
        editable=("garden", "number", "state", "area"),
        within="garden",
        label="number",
        questions={"state": _("Is it free?")},
        symbol=Categorized(
            "state",
            {
                PlotState.VACANT: Fill(
                    color="#ffd166", opacity=0.8, outline="#8a5a00", outline_width=2
                ),
                PlotState.WAITING_LIST: Fill(
                    color="#f4e8c1",
                    opacity=0.6,
                    pattern="hatch",
                    outline="#8a7a4a",
                    outline_dash=(3, 2),
                ),
                PlotState.TAKEN: Fill(color="#cdb4a8", opacity=0.4, outline="#8a6f63"),
            },
            Fill(color="#cdb4a8", opacity=0.4, outline="#8a6f63"),
        ),
        zooms=(14, 22),
    ),
)
