"""A QGIS project of layers, styled as they are declared: what one opens instead of setting each of them up.

A .qgz is a ZIP archive with a .qgs in it, XML as QGIS 3.22 writes it and later ones read it; what it leaves out, QGIS
fills in by itself. Features come from OGC API Features, so that every attribute is there; where a layer is so full that
they would come page after page, the map service draws it until one is near enough.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from pyproj import CRS, Transformer

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import properties
from geoplatform.query.crs import STORED
from geoplatform.query.feature_query import Box
from geoplatform.rendering.qgis_symbols import labeling, renderer
from geoplatform.rendering.visibility import scales

# What XML 1.0 cannot hold (2.2, Char), and a source may have brought.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
VERSION = "3.22.0"
PAGE = 1000  # features that QGIS asks for at once
NEAR = 25_000  # the scale from which on the features of a full layer are fetched


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A layer of the project. `full`: it has so many features that from afar a picture stands for them."""

    layer: Layer
    licences: Sequence[str] = ()
    attributions: Sequence[str] = ()
    full: bool = False


def project(shown: Sequence[Shown], *, title: str, base: str, box: Box | None, srid: int) -> bytes:
    """The .qgz: layers from the top of the map down.

    base  where the platform's addresses begin, without a slash at the end
    box   what is seen first: west, south, east, north in degrees
    srid  EPSG code of the CRS of the map, in metres
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        root = _project(shown, title, base, box, srid)
        text = DOCTYPE + UNWRITABLE.sub("", tostring(root, encoding="unicode"))
        archive.writestr("geoplatform.qgs", text)
    return content.getvalue()


def _project(shown: Sequence[Shown], title: str, base: str, box: Box | None, srid: int) -> Element:
    root = Element("qgis", version=VERSION, projectname=title)
    SubElement(root, "title").text = title
    SubElement(root, "projectCrs").append(_crs(srid))
    properties_of_all = SubElement(SubElement(root, "properties"), "SpatialRefSys")
    SubElement(properties_of_all, "ProjectionsEnabled", type="int").text = "1"
    tree, maps = SubElement(root, "layer-tree-group"), SubElement(root, "projectlayers")
    for each in shown:
        for made in _maplayers(each, base, srid):
            maps.append(made)
            entry = {"id": made.findtext("id", ""), "name": made.findtext("layername", "")}
            checked = "Qt::Checked" if each.layer.visible else "Qt::Unchecked"
            SubElement(tree, "layer-tree-layer", entry, checked=checked, expanded="0")
    if box:
        root.append(_canvas(box, srid))
    return root


def _maplayers(shown: Shown, base: str, srid: int) -> list[Element]:
    if not shown.full:
        return [_features(shown, base, None)]
    return [_features(shown, base, NEAR), _picture(shown, base, srid)]


def _features(shown: Shown, base: str, largest: float | None) -> Element:
    layer = shown.layer
    made = _maplayer(shown, "vector", layer.name, str(layer.title), STORED, largest=largest)
    SubElement(made, "datasource").text = (
        f"url='{base}/api' typename='{layer.name}' pageSize='{PAGE}' pagingEnabled='true'"
        " restrictToRequestBBOX='1'"
    )
    SubElement(made, "provider", encoding="UTF-8").text = "OAPIF"
    if (drawn := renderer(layer)) is not None:
        made.append(drawn)
    names = labeling(layer)
    made.set("labelsEnabled", "0" if names is None else "1")
    if names is not None:
        made.append(names)
    if layer.label:
        SubElement(made, "previewExpression").text = f'"{layer.label}"'
    aliases = SubElement(made, "aliases")
    for number, each in enumerate(properties(layer)):
        told = {"field": each.name, "name": str(each.title), "index": str(number)}
        SubElement(aliases, "alias", told)
    return made


def _picture(shown: Shown, base: str, srid: int) -> Element:
    layer = shown.layer
    title = f"{layer.title} (WMS)"
    made = _maplayer(shown, "raster", f"{layer.name}-wms", title, srid, smallest=NEAR)
    SubElement(made, "datasource").text = (
        f"contextualWMSLegend=0&crs=EPSG:{srid}&dpiMode=7&featureCount=10&format=image/png"
        f"&layers={layer.name}&styles=&url={base}/wms"
    )
    SubElement(made, "provider").text = "wms"
    return made


def _maplayer(
    shown: Shown,
    kind: str,
    name: str,
    title: str,
    srid: int,
    *,
    smallest: float | None = None,
    largest: float | None = None,
) -> Element:
    """A layer with name, licence and the scales at which it is drawn (denominators)."""
    declared_smallest, declared_largest = scales(shown.layer)
    made = Element(
        "maplayer",
        type=kind,
        hasScaleBasedVisibilityFlag="1",
        # QGIS calls the scale that is farthest away the smallest; its denominator is the largest.
        minScale=f"{min(largest or 1e8, declared_largest or 1e8):.0f}",
        maxScale=f"{max(smallest or 0, declared_smallest or 0):.0f}",
    )
    # One that is short QGIS replaces by an id of its own.
    SubElement(made, "id").text = f"geoplatform-{name}"
    SubElement(made, "layername").text = title
    SubElement(made, "srs").append(_crs(srid))
    told = SubElement(made, "resourceMetadata")
    SubElement(told, "title").text = title
    SubElement(told, "abstract").text = str(shown.layer.description)
    for each in shown.attributions:
        SubElement(told, "rights").text = each
    for each in shown.licences:
        SubElement(told, "license").text = each
    return made


def _crs(srid: int) -> Element:
    made = Element("spatialrefsys")
    SubElement(made, "wkt").text = CRS.from_epsg(srid).to_wkt()
    SubElement(made, "authid").text = f"EPSG:{srid}"
    return made


def _canvas(box: Box, srid: int) -> Element:
    """What is seen when the project opens."""
    to_map = Transformer.from_crs(STORED, srid, always_xy=True)
    corners = to_map.transform_bounds(*box)
    made = Element("mapcanvas", name="theMapCanvas")
    SubElement(made, "units").text = "meters"
    extent = SubElement(made, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True):
        SubElement(extent, name).text = f"{value:.3f}"
    SubElement(made, "rotation").text = "0"
    SubElement(made, "destinationsrs").append(_crs(srid))
    return made
