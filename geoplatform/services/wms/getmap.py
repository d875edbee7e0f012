"""GetMap (06-042, 7.3): for each layer its data, handed to the picture; names above all shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import BoundedSemaphore

from django.utils.translation import gettext as _

from geoplatform.catalog.facets import DEEPEST, has_pyramid
from geoplatform.catalog.symbols import (
    CASING,
    THICK,
    Fill,
    Marker,
    Simple,
    Stroke,
    ring,
    simple_symbols,
)
from geoplatform.pyramid import drawing as pyramid
from geoplatform.query import drawing as rows
from geoplatform.query.crs import CRS84
from geoplatform.query.feature_query import Box
from geoplatform.query.tabular import unhurried
from geoplatform.rendering.notice import notice
from geoplatform.rendering.picture import Form, Picture
from geoplatform.rendering.scale import LARGER
from geoplatform.rendering.view import View
from geoplatform.rendering.visibility import is_visible
from geoplatform.services.wms.exceptions import INVALID, ServiceException
from geoplatform.services.wms.filters import Wanted
from geoplatform.services.wms.maps import Map, parse_size
from geoplatform.services.wms.parameters import Parameters

# What GetMap answers in, and what the picture calls it.
FULL_COLOR = "image/png; mode=24bit"
FORMATS: dict[str, Form] = {
    "image/png": "png",
    "image/png; mode=8bit": "png8",
    FULL_COLOR: "png",
    "image/jpeg": "jpeg",
}
ALIASES = {"image/png8": "image/png; mode=8bit", "image/jpg": "image/jpeg"}
WHITE = "#ffffff"
MOST = 100_000  # features of a layer drawn one by one
# What is filtered by more than facets, or asked of the past, may cost the database this much for one layer.
SECONDS = 5
CELL = 8  # CSS pixels along a cell of the pyramid, at its own zoom
SOFT = 2  # CSS pixels: edges are smooth
# A picture of many pixels takes much memory, so only one of them is drawn at a time.
LARGE = 4_000_000
PATIENCE = 10  # seconds
one_large = BoundedSemaphore(1)


@dataclass(frozen=True)
class Paper:
    """What a picture is put on: `background` is None for a transparent one."""

    media_type: str
    background: str | None


def parse_paper(parameters: Parameters) -> Paper:
    """FORMAT, TRANSPARENT and BGCOLOR. Raises ServiceException."""
    given = re.sub(r"\s*;\s*", "; ", parameters.need("FORMAT").strip().lower())
    media_type = ALIASES.get(given, given)
    if media_type not in FORMATS:
        raise ServiceException(
            _("FORMAT is one of: %s.") % ", ".join(FORMATS), code="InvalidFormat"
        )
    color = parameters.get("BGCOLOR") or "0xFFFFFF"
    if not re.fullmatch(r"(0[xX]|#)[0-9a-fA-F]{6}", color):
        raise ServiceException(_("BGCOLOR is written as 0xRRGGBB."), code=INVALID)
    # JPEG knows no transparency.
    transparent = parameters.flag("TRANSPARENT") and media_type != "image/jpeg"
    return Paper(media_type, None if transparent else f"#{color[-6:].lower()}")


def draw(asked: Map, paper: Paper) -> bytes:
    """The picture's bytes. Raises ServiceException where too many features would be drawn one by one."""
    with drawing(asked.view):
        picture = Picture(asked.view)
        for part in shown(asked):
            _layer(picture, asked.view, part)
        picture.names()
        return encoded(picture, paper)


def instead(parameters: Parameters, paper: Paper, text: str) -> bytes:
    """A picture of the size that was asked for, empty or with words on it. Raises ServiceException."""
    width, height = parse_size(parameters)
    view = View(CRS84, (0.0, 0.0, 1.0, 1.0), width, height)
    with drawing(view):
        picture = Picture(view)
        if text:
            picture.rgba[:] = notice(width, height, text)
        return encoded(picture, paper)


@contextmanager
def drawing(view: View) -> Iterator[None]:
    """Large pictures one after the other. Raises ServiceException for one that would have to wait too long."""
    if view.width * view.height <= LARGE:
        yield
        return
    if not one_large.acquire(timeout=PATIENCE):
        raise ServiceException(
            _("Too many large maps at once. Please try again in half a minute."), status=503
        )
    try:
        yield
    finally:
        one_large.release()


def encoded(picture: Picture, paper: Paper) -> bytes:
    if paper.media_type == FULL_COLOR:
        _ = picture.rgba  # a picture of few colours is one of 8 bits until it is asked for all
    return picture.encode(FORMATS[paper.media_type], paper.background)


def shown(asked: Map) -> list[Wanted]:
    """What is drawn at the scale of the picture."""
    denominator = asked.view.scale_denominator
    return [part for part in asked.parts if is_visible(part.layer, denominator)]


def from_pyramid(view: View, part: Wanted) -> bool:
    """Whether the pyramid answers: from afar, and filtered by facets alone."""
    return has_pyramid(part.layer) and part.simple and view.zoom < DEEPEST + 1


def _layer(picture: Picture, view: View, part: Wanted) -> None:
    layer = part.layer
    if from_pyramid(view, part):
        _from_afar(picture, view, part)
        return
    try:
        with nullcontext() if part.simple else unhurried(SECONDS):
            _one_by_one(picture, view, part, view.mercator(reach(view, part)))
    except rows.TooMuch as error:
        if not has_pyramid(layer) or not part.simple:
            raise ServiceException(str(error), code=INVALID) from None
        # Close by, but a picture of many pixels: markers that stand for several are small enough.
        _from_afar(picture, view, part)


def _from_afar(picture: Picture, view: View, part: Wanted) -> None:
    box = view.mercator(margin(view, part))
    picture.points(part.layer, pyramid.points(part.layer, box, view.zoom, part.choices))


def _one_by_one(picture: Picture, view: View, part: Wanted, box: Box) -> None:
    layer = part.layer
    labels = picture.is_named(layer)
    if layer.dimension == 0:
        found = rows.points(part.query, box, choices=part.choices, labels=labels, most=MOST)
        picture.points(layer, found)
    else:
        shapes = rows.shapes(part.query, box, resolution=view.resolution, labels=labels, most=MOST)
        picture.shapes(layer, shapes)


def reach(view: View, part: Wanted) -> float:
    """Pixels around the picture from which a feature of the layer reaches into it.

    Names never do: none is cut at an edge (rendering/labels.py).
    """
    symbol = part.layer.symbol
    around = ring(symbol) if symbol else None
    drawn = [*simple_symbols(symbol), *([around] if around else [])] if symbol else []
    found = max(map(_reach, drawn), default=0.0)
    return (found + SOFT) * view.ratio


def margin(view: View, part: Wanted) -> float:
    """Pixels around the picture in which a change may be seen in it, whichever way the layer is drawn."""
    found = reach(view, part)
    if has_pyramid(part.layer) and part.simple:
        # A marker of several points stands in the middle of them, anywhere in their cell.
        found += CELL * 2 ** max(view.zoom - DEEPEST, 1) * view.ratio
    return found


def _reach(symbol: Simple) -> float:
    match symbol:
        case Marker():
            return symbol.size / 2 * LARGER + max(symbol.outline_width, THICK)
        case Stroke():
            return symbol.width / 2 + CASING
        case Fill():
            return symbol.outline_width
