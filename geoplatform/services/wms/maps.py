"""The part that GetMap and GetFeatureInfo share: which layers, where, how large (06-042, 7.3.3; 01-068r3, 7.2.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.query.crs import CRS84, Crs, supported
from geoplatform.query.feature_query import Box
from geoplatform.rendering.view import View
from geoplatform.services.wms.exceptions import INVALID, MISSING, ServiceException
from geoplatform.services.wms.filters import Wanted, wanted
from geoplatform.services.wms.parameters import VERSIONS, Parameters, quoted, real

ROOT = "geoplatform"  # the group of all layers
MAX_LAYERS = 20  # drawn in one picture; the group may be larger
MAX_SIDE = 3072  # pixels, of width and height: the largest picture of several layers takes less than a second
STYLE = "default"
CSS_DPI = 96.0  # sizes of symbols are CSS pixels
RATIOS = (0.5, 6.0)
# Boxes that no map has: so far out that projections give anything, so small that numbers run out.
FARTHEST = {True: 1e4, False: 1e9}  # degrees, metres
SMALLEST = {True: 1e-9, False: 1e-4}


@dataclass(frozen=True)
class Map:
    """A picture that somebody asks for: `parts` from the bottom up."""

    view: View
    parts: tuple[Wanted, ...]


def parse(parameters: Parameters) -> Map:
    """Raises ServiceException."""
    if parameters.need("VERSION") not in VERSIONS:
        raise ServiceException(_("VERSION is one of: %s.") % ", ".join(VERSIONS), code=INVALID)
    layers = parse_layers("LAYERS", parameters.get("LAYERS", "QUERY_LAYERS"))
    check_styles(parameters.get("STYLES"), len(layers))
    return Map(parse_view(parameters), wanted(layers, parameters))


def parse_layers(parameter: str, text: str) -> list[list[Layer]]:
    """For each name the layers that it means. Raises ServiceException."""
    if not text:
        raise ServiceException(_("%s is missing.") % parameter, code=MISSING)
    names = text.split(",")
    if len(names) > MAX_LAYERS:
        raise _too_many(parameter)
    found = [parse_layer(name.strip()) for name in names]
    if sum(map(len, found)) > max(MAX_LAYERS, len(registry.map_layers())):
        raise _too_many(parameter)
    return found


def _too_many(parameter: str) -> ServiceException:
    text = _("%(name)s names at most %(most)d layers.") % {"name": parameter, "most": MAX_LAYERS}
    return ServiceException(text, code=INVALID)


def parse_layer(name: str) -> list[Layer]:
    """The layer of a name, or all of the group. Raises ServiceException."""
    if name == ROOT:
        return registry.map_layers()
    found = registry.get(name)
    if found is None or not found.geometry:
        raise ServiceException(
            _("There is no map layer %s.") % quoted(name), code="LayerNotDefined"
        )
    return [found]


def check_styles(text: str, layers: int) -> None:
    """Each layer has one style, which is also meant by no name; empty text is no name for all of them."""
    names = text.split(",") if text else [""] * layers
    if len(names) != layers:
        raise ServiceException(
            _("STYLES names %(styles)d styles for %(layers)d layers.")
            % {"styles": len(names), "layers": layers},
            code="StyleNotDefined",
        )
    for name in names:
        if name.strip() not in ("", STYLE):
            raise ServiceException(
                _("There is no style %(name)s; there is %(known)s.")
                % {"name": quoted(name), "known": STYLE},
                code="StyleNotDefined",
            )


def parse_view(parameters: Parameters) -> View:
    """Where, and how many pixels. Raises ServiceException."""
    crs = parse_crs(parameters)
    box = parse_box(parameters, crs)
    return View(crs, box, *parse_size(parameters), parse_ratio(parameters))


def parse_size(parameters: Parameters) -> tuple[int, int]:
    """WIDTH and HEIGHT in pixels. Raises ServiceException."""
    width, height = (parameters.integer(name, low=1, high=MAX_SIDE) for name in ("WIDTH", "HEIGHT"))
    return width, height


def crs_name(crs: Crs) -> str:
    """As WMS writes it (06-042, annex B): `CRS:84`, `EPSG:25833`."""
    return "CRS:84" if crs == CRS84 else f"EPSG:{crs.srid}"


def parse_crs(parameters: Parameters) -> Crs:
    name = parameters.need("CRS" if parameters.new else "SRS").strip().upper()
    if found := _by_name().get(name):
        return found
    raise ServiceException(
        _("%(name)s is not known here. There are: %(names)s.")
        % {"name": quoted(name), "names": ", ".join(crs_name(each) for each in supported())},
        code="InvalidCRS" if parameters.new else "InvalidSRS",
    )


@cache
def _by_name() -> dict[str, Crs]:
    return {name: each for each in supported() for name in (crs_name(each), each.uri.upper())}


def latitude_first(crs: Crs, *, new: bool) -> bool:
    """Whether a BBOX begins with the latitude: in 1.3.0 where the CRS's authority says so, before that never."""
    return new and crs.latitude_first


def parse_box(parameters: Parameters, crs: Crs) -> Box:
    """West, south, east, north from BBOX in the order of its version and CRS."""
    numbers = [real(part) for part in parameters.need("BBOX").split(",")[:5]]
    if len(numbers) != 4 or None in numbers:
        raise ServiceException(_("BBOX is four numbers: minx,miny,maxx,maxy."), code=INVALID)
    west, south, east, north = (each for each in numbers if each is not None)
    if latitude_first(crs, new=parameters.new):
        west, south, east, north = south, west, north, east
    if west >= east or south >= north:
        raise ServiceException(
            _("BBOX is minx,miny,maxx,maxy, of which the second two are larger than the first."),
            code=INVALID,
        )
    if (
        max(map(abs, (west, south, east, north))) > FARTHEST[crs.degrees]
        or min(east - west, north - south) < SMALLEST[crs.degrees]
    ):
        raise ServiceException(_("BBOX is too large or too small for a map."), code=INVALID)
    return west, south, east, north


def parse_ratio(parameters: Parameters) -> float:
    """Pixels in a CSS pixel, by what QGIS (DPI), MapServer (MAP_RESOLUTION) and GeoServer (FORMAT_OPTIONS) call it."""
    dpi = parameters.number("DPI") or parameters.number("MAP_RESOLUTION")
    if dpi is None and (
        said := re.search(r"(?:^|;)\s*dpi:([^;]*)", parameters.get("FORMAT_OPTIONS").lower())
    ):
        dpi = real(said[1])
    if dpi is None or dpi <= 0:
        return 1.0
    return min(max(dpi / CSS_DPI, RATIOS[0]), RATIOS[1])
