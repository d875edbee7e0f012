"""GML as it comes from a WFS: looked through first, then read by GDAL, which knows its many shapes.

The look through costs no memory and refuses what GDAL must never see: document types and entities, exceptions that came
as an answer, names of reference systems that are addresses, features without end. It also tells whether the document
is whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import pyarrow as pa
from django.utils.translation import gettext as _

from geoplatform.exchange.harvest.json_features import LARGEST
from geoplatform.exchange.values import as_text
from geoplatform.formats.readers import GEOMETRY

# As written in srsName (OGC 07-092r3; 05-010; 09-048r5), and nothing that could be fetched.
CRS_NAME = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/|https?://www\.opengis\.net/gml/srs/epsg\.xml#)?"
    r"(?:(?:EPSG|OGC|CRS)[:/]+)?[A-Za-z0-9.]*[:/]?[0-9A-Za-z]+"
)
DEEP, DEEPEST = 3, 100  # collection, member, feature
AXES = {"": "AUTO", "xy": "NO", "yx": "YES"}
ROWS_AT_ONCE = 5_000
PIECE = 1 << 16


class WrongXml(Exception):
    """It is no collection of features. The message says why."""


@dataclass
class Seen:
    """What the look through found.

    root, attributes  of the outermost element
    members           whether any feature may be in it
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
        codes = {_code(each) for each in self.crs}
        if len(codes) > 1:
            raise WrongXml(
                _("several CRS in one answer: %(names)s") % {"names": ", ".join(sorted(self.crs))}
            )
        return codes.pop() if codes else None

    def count(self, name: str) -> int | None:
        """A number in the outermost element; None where none, or none that is one (`unknown`)."""
        text = self.attributes.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _code(name: str) -> str:
    number = re.search(r"([0-9]+)$", name)
    return (
        "OGC:CRS84"
        if name.endswith("84") and "CRS" in name[-6:]
        else f"EPSG:{number[1]}"
        if number
        else name
    )


def look_through(path: Path, *, doctype: bool = False) -> Seen:
    """Raises WrongXml for what is not well-formed, not whole, or not to be read.

    doctype  whether a document type may be there, as in WMS 1.1.1 (01-068r3, A.1); what it names is never read
    """
    seen = Seen()
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = since = 0

    def forbidden(*_declared: object) -> None:
        raise WrongXml(_("the XML declares a document type or entities"))

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise WrongXml(_("nested too deep"))
        local = name.rpartition(" ")[2]
        if depth == 1:
            seen.root, seen.attributes = local, attributes
        seen.members |= depth == DEEP
        if said := attributes.get("srsName"):
            if not CRS_NAME.fullmatch(said):
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
        with pyogrio.raw.open_arrow(path, batch_size=ROWS_AT_ONCE, use_pyarrow=True, **options) as (
            meta,
            stream,
        ):
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
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        RuntimeError,
        pa.ArrowInvalid,
        OSError,
    ) as error:
        raise WrongXml(
            _("GDAL cannot read it (%(reason)s)") % {"reason": str(error)[:200]}
        ) from None
