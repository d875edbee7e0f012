"""A kept scenario to be taken along: a GeoPackage of what is drawn and of the quarters before and after; the report."""

from __future__ import annotations

import uuid

import geopandas as gpd
import pandas as pd
import shapely
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geoplatform.analysis import files, reading
from geoplatform.analysis.about import about
from geoplatform.analysis.overlay import Overlay, Part
from geoplatform.pages.place import platform_name
from geoplatform.planning import drafting, page, scenario_page
from geoplatform.planning.beside import Beside, reckoned
from geoplatform.planning.models import Scenario
from geoplatform.planning.words import cited
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows

SHAPES = {"areas": ("green", "gardens"), "paths": ("streets",), "trees": ("trees",)}


@require_safe
@page.in_turn
def geopackage(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The drawing and the quarters, each kind of shape a table of its own; `at=` on the data of an instant."""
    there, beside = _asked(request, key)
    body = files.geopackage(*_sheets(there, beside))
    response = HttpResponse(body, content_type="application/geopackage+sqlite3")
    response.headers["Content-Disposition"] = f'attachment; filename="scenario-{there.key}.gpkg"'
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
@page.in_turn
def report(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The scenario as one document to print."""
    there, beside = _asked(request, key)
    context = scenario_page.figures(beside, there)
    after = beside.moved.after
    page_address = reverse("scenario", args=[there.key])
    here = request.build_absolute_uri(page_address)
    lasting = f"{here}?version={there.version}&at={scenario_page.instant(after.at)}"
    first = (
        f"{there.name} ({_('version')} {there.version}), {context['where']}: {beside.headline()}"
    )
    context |= {
        "scenario": there,
        "given": context["given_words"],
        "parts": [drafting.words(each) for each in beside.overlay.parts],
        "page_address": page_address,
        "citation": cited([first], after, platform_name(), lasting),
    }
    return page.render_page(request, "scenario_report.html", context)


def _asked(request: HttpRequest, key: uuid.UUID) -> tuple[Scenario, Beside]:
    """What is kept, and its figures. Raises Http404, also where it cannot be answered any more."""
    there = scenario_page.kept(request, key)
    try:
        return there, reckoned(drafting.read(drafting.form_of(there, request.GET.get("at", ""))))
    except QueryError as error:
        raise Http404(str(error)) from error


def _sheets(there: Scenario, beside: Beside) -> list[files.Sheet]:
    figures = _quarters(there, beside)
    found = []
    for name, subjects in SHAPES.items():
        parts = [each for each in beside.overlay.parts if each.subject in subjects]
        if parts:
            found.append(_drawn(there, name, Overlay(tuple(parts)), beside))
    return [*found, figures]


def _drawn(there: Scenario, name: str, overlay: Overlay, beside: Beside) -> files.Sheet:
    """What is drawn of one kind of shape, and what becomes of it; what goes with the shape that it had."""
    said = [each.document() for each in overlay.parts]
    columns = ("act", "layer", "kind", "public_access", "number", "crown_m", "name")
    table = pd.DataFrame([each["properties"] for each in said], columns=columns)
    table.index = pd.Index([each.id for each in overlay.parts], dtype="str")
    shapes = [each.shape or _shape_there(each, beside) for each in overlay.parts]
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=4326)
    several = name != "trees"
    return files.Sheet(
        name=name,
        title=f"{there.name}: {name}",
        rows=frame,
        columns=columns,
        about={},
        several=several,
    )


def _shape_there(part: Part, beside: Beside) -> shapely.Geometry | None:
    layer = reading.layer_of(reading.layer_name(part.subject))
    query = FeatureQuery(layer=layer, id=uuid.UUID(part.id), at=beside.question.at, limit=1)
    found = rows(query)
    return shapely.geometry.shape(found[0]["geometry"]) if found else None


def _quarters(there: Scenario, beside: Beside) -> files.Sheet:
    """The quarters with every figure of the indicator before and after."""
    before, after = beside.moved.before.rows, beside.moved.after.rows
    names = [each.name for each in beside.moved.after.indicator.columns]
    table = after[["key", "name", "municipality", "inhabitants", "geometry"]]
    figures = {}
    for name in names:
        figures[f"{name}_before"] = before[name]
        figures[f"{name}_after"] = after[name]
        figures[f"{name}_change"] = after[name] - before[name]
    return files.Sheet(
        name="quarters",
        title=f"{there.name}: {beside.moved.after.indicator.title}",
        rows=table.assign(**figures),
        columns=("key", "name", "municipality", "inhabitants", *figures),
        about={**about(beside.moved.after), "scenario": there.name, "version": there.version},
    )
