"""GML as it comes from a WFS: looked through first, then read by GDAL, which knows its many shapes.

The look through costs no memory and refuses what GDAL must never see: document types and entities, exceptions that came
as an answer, names of reference systems that are addresses, features without end. It also tells whether the document
is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import numpy as np
import pyarrow as pa
import pyproj
import shapely
from django.utils.translation import gettext as _

from geoplatform.exchange.geometry import from_wkb, parse_crs
from geoplatform.exchange.harvest.crs import code_of
from geoplatform.exchange.harvest.json_features import LARGEST
from geoplatform.exchange.values import as_text
from geoplatform.formats.readers import GEOMETRY

DEEP, DEEPEST = 3, 100  # collection, member, feature
MEMBERS = ("member", "featureMember", "featureMembers")
AXES = {"": "AUTO", "xy": "NO", "yx": "YES"}
# pyogrio's own errors are RuntimeErrors; IndexError comes from a document without a layer.
UNREADABLE = (RuntimeError, IndexError, OSError)
NEAR = 0.1  # degrees around the box that a service tells, which is often a rough one
ROWS_AT_ONCE = 5_000
PIECE = 1 << 16


class WrongXml(Exception):
    """It is no collection of features. The message says why."""


@dataclass
class Seen:
    """What the look through found.

    root, attributes  of the outermost element
    members           whether any feature is in it
    crs               names of CRS
    exception         text of an exception
    """

    root: str = ""
    members: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    crs: set[str] = field(default_factory=set)
    exception: list[str] = field(default_factory=list)

    def crs_code(self) -> str | None:
        """`EPSG:25833`, None where no geometry names a CRS. Raises WrongXml where they name several."""
        codes = {code for each in self.crs if (code := code_of(each))}
        if len(codes) > 1:
            raise WrongXml(
                _("several CRS in one answer: %(names)s") % {"names": ", ".join(sorted(self.crs))}
            )
        return codes.pop() if codes else None

    @property
    def leaves_axes_open(self) -> bool:
        """Whether a CRS is called by its old short name, whose order of axes servers do not agree on."""
        return any(each.startswith("EPSG:") for each in self.crs)

    def count(self, name: str) -> int | None:
        """A number in the outermost element; None where none, or none that is one (`unknown`)."""
        text = self.attributes.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def look_through(path: Path, *, doctype: bool = False) -> Seen:
    """Raises WrongXml for what is not well-formed, not whole, or not to be read.

    doctype  whether a document type may be there, as in WMS 1.1.1 (01-068r3, A.1); what it names is never read
    """
    seen = Seen()
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = since = 0
    member = False

    def forbidden(*_declared: object) -> None:
        raise WrongXml(_("the XML declares a document type or entities"))

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, member
        depth += 1
        if depth > DEEPEST:
            raise WrongXml(_("nested too deep"))
        local = name.rpartition(" ")[2]
        if depth == 1:
            seen.root, seen.attributes = local, attributes
        if depth == 2:
            member = local in MEMBERS
        seen.members |= depth == DEEP and member
        if said := attributes.get("srsName"):
            if code_of(said) is None:
                raise WrongXml(_("%(name)s is no name of a CRS") % {"name": said[:80]})
            seen.crs.add(said)

    def end(_name: str) -> None:
        nonlocal depth, since
        depth -= 1
        if depth < DEEP:
            since = parser.CurrentByteIndex

    def text(data: str) -> None:
        if "Exception" in seen.root and sum(map(len, seen.exception)) < 500:
            seen.exception.append(data)

    parser.EntityDeclHandler = forbidden
    if not doctype:
        parser.StartDoctypeDeclHandler = forbidden
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    read = 0
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                parser.Parse(piece, False)
                read += len(piece)
                if read - since > LARGEST:
                    raise WrongXml(
                        _("a single feature is larger than %(most)d MB")
                        % {"most": LARGEST // 1_000_000}
                    )
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise WrongXml(
            _("the XML is broken or cut short (%(reason)s)") % {"reason": error}
        ) from None
    if "Exception" in seen.root:
        raise WrongXml(
            _("the service says: %(text)s") % {"text": " ".join("".join(seen.exception).split())}
        )
    return seen


def likelier_axes(path: Path, crs: str, box: Sequence[float]) -> str:
    """`xy` or `yx`, by which of them more features lie within `box` (west, south, east, north); empty where both do.

    Raises WrongXml, WrongCrs.
    """
    west, south, east, north = box
    transformer = pyproj.Transformer.from_crs(parse_crs(crs), "OGC:CRS84", always_xy=True)
    inside = {"xy": 0, "yx": 0}
    for table in tables(path, "xy"):
        if GEOMETRY not in table.column_names:
            continue
        x, y = shapely.bounds(from_wkb(table[GEOMETRY].combine_chunks()).geometries).T[:2]
        for axes, first, second in (("xy", x, y), ("yx", y, x)):
            longitude, latitude = transformer.transform(first, second)
            within = (longitude >= west - NEAR) & (longitude <= east + NEAR)
            within &= (latitude >= south - NEAR) & (latitude <= north + NEAR)
            inside[axes] += int(np.count_nonzero(within))
    if inside["xy"] == inside["yx"]:
        return ""
    return max(inside, key=lambda each: inside[each])


def tables(path: Path, axes: str) -> Iterator[pa.Table]:
    """The features of a document that was looked through; all values as they stand there. Raises WrongXml.

    axes  `xy` or `yx` for services that do not write coordinates as their CRS's name says
    """
    import pyogrio

    # Types would be guessed page by page, and 007 is no number.
    pyogrio.set_gdal_config_options(
        {"GML_FIELDTYPES": "ALWAYS_STRING", "GML_SKIP_RESOLVE_ELEMS": "ALL"}
    )
    options = {"DOWNLOAD_SCHEMA": "NO", "WRITE_GFS": "NO", "SWAP_COORDINATES": AXES[axes]}
    try:
        with pyogrio.raw.open_arrow(
            path,
            batch_size=ROWS_AT_ONCE,
            use_pyarrow=True,
            **options,
        ) as (meta, stream):
            name = meta["geometry_name"] or "wkb_geometry"
            for batch in stream:
                yield pa.table(
                    {
                        GEOMETRY if each == name else each: (
                            column.cast(pa.binary()) if each == name else as_text(column)
                        )
                        for each, column in zip(batch.schema.names, batch.columns, strict=True)
                    }
                )
    except (*UNREADABLE, pa.ArrowInvalid) as error:
        raise WrongXml(
            _("GDAL cannot read it (%(reason)s)") % {"reason": str(error)[:200]}
        ) from None
