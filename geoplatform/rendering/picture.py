"""The canvas of a map: layers are drawn upon it one by one, then it becomes the bytes of a file.

As long as there are only markers and their names, a pixel is one byte, an entry of a palette: drawn, kept and encoded
at a quarter of the cost. With the first line or polygon it turns into colours.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.symbols import Marker
from geoplatform.query.drawing import Points, Shapes
from geoplatform.rendering import canvas, encoding, labels, lettering, naming
from geoplatform.rendering import points as drawing
from geoplatform.rendering import shapes as drawn_shapes
from geoplatform.rendering.labels import Named
from geoplatform.rendering.palette import Bytes, Look, Palette, palette, rgb
from geoplatform.rendering.stamps import look
from geoplatform.rendering.view import View

Form = Literal["png", "png8", "jpeg"]
PAPER = "#ffffff"  # of pictures that cannot be transparent (OGC 06-042, 7.3.3.10: BGCOLOR is white)


class Picture:
    """A picture of a view; transparent where nothing is drawn."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._palette: Palette | None = palette(())
        self._drawn: Bytes | None = None
        self._rgba: Bytes | None = None
        self._named: list[Named] = []

    @property
    def _entries(self) -> Bytes:
        """Height x width, entries of the palette."""
        if self._drawn is None:
            self._drawn = np.zeros((self.view.height, self.view.width), np.uint8)
        return self._drawn

    @property
    def rgba(self) -> Bytes:
        """Height x width x 4, uint8, premultiplied, C-contiguous: to be drawn upon in place."""
        if self._rgba is None:
            assert self._palette is not None
            # Where something stands alone, and the four channels of a pixel at once: a tenth of the cost.
            colors = np.ascontiguousarray(self._palette.colors).view(np.uint32).reshape(-1)
            entries = self._entries.reshape(-1)
            there = np.flatnonzero(entries)
            found = np.zeros(entries.size, np.uint32)
            found[there] = colors.take(entries.take(there))
            self._rgba = found.view(np.uint8).reshape(self.view.height, self.view.width, 4)
            self._palette = None
        return self._rgba

    def points(self, layer: Layer, points: Points) -> None:
        """Markers, over what is there already."""
        names: tuple[Look, ...] = ()
        if points.labels and self.is_named(layer):
            self._named.append(Named(layer, points))
            names = (lettering.LOOK,)
        if beneath := drawing.rings(layer, points):
            self._markers(*beneath, drawing.markers(beneath[0])[-1:], ())
        for some in _that_fit(drawing.used(layer, points)):
            self._markers(layer, points, some, names)

    def shapes(self, layer: Layer, shapes: Shapes) -> None:
        """Lines or polygons, over what is there already."""
        if not shapes.wkb:
            return
        found = drawn_shapes.draw(self.rgba, self.view, layer, shapes)
        if shapes.labels and self.is_named(layer):
            self._named.append(Named(layer, shapes, found if layer.dimension == 1 else None))

    def is_named(self, layer: Layer) -> bool:
        """Whether names are written at this scale, so that they are to be fetched."""
        first = naming.first_zoom(layer)
        return first is not None and first <= self.view.zoom

    def names(self) -> None:
        """The names of all layers drawn so far that brought any along, above everything."""
        written = labels.placed(self.view, self._named)
        self._named = []
        if self._palette is not None and lettering.LOOK in self._palette.looks:
            lettering.upon_entries(self._entries, self.view, written, self._palette)
        elif written:
            lettering.upon_colors(self.rgba, self.view, written)

    def _markers(
        self, layer: Layer, points: Points, chosen: tuple[Marker, ...], names: tuple[Look, ...]
    ) -> None:
        """`names`: the look of names that are to be written upon these markers, if any are."""
        looks = _looks(chosen)
        if self._palette is not None:
            # In one order whatever came first: palettes are kept.
            both = palette(tuple(sorted({*self._palette.looks, *looks, *names})))
            if both is not None:
                self._turn_into(both)
                self._drawn = drawing.draw(self._drawn, self.view, layer, points, chosen, both)
                return
        alone = palette(looks)
        assert alone is not None
        drawn = drawing.draw(None, self.view, layer, points, chosen, alone)
        if drawn is not None:
            self._lay_over(drawn, alone)

    def _turn_into(self, wanted: Palette) -> None:
        """The same picture in the entries of another palette, which has all looks of this one."""
        assert self._palette is not None
        if wanted is not self._palette and self._palette.looks:
            same = wanted.nearest(self._palette.colors.astype(np.float32))
            self._drawn = same.take(self._entries)
        self._palette = wanted

    def _lay_over(self, entries: Bytes, upper: Palette) -> None:
        flat = self.rgba.reshape(-1, 4)
        at = np.flatnonzero(entries)
        colors = upper.colors.take(np.ascontiguousarray(entries).reshape(-1).take(at), axis=0)
        rest = 255 - colors[:, 3:].astype(np.uint16)
        flat[at] = colors + ((flat.take(at, axis=0) * rest + 127) // 255).astype(np.uint8)

    def encode(self, form: Form = "png", background: str | None = None) -> bytes:
        """The bytes of a file.

        form        png: exact, 8 bit where there are few colours, else 24 bit; png8: at most 256 colours; jpeg
        background  `#rrggbb` beneath it all; None leaves a PNG transparent
        """
        if self._palette is None or form == "jpeg":
            return encode(self.rgba, form, background)
        known = self._palette
        colors = _opaque(known.colors, background) if background else known.straight
        return encoding.png_of_entries(self._entries, colors)


def encode(pixels: Bytes, form: Form = "png", background: str | None = None) -> bytes:
    """The bytes of a file of `pixels` (height x width x RGBA, premultiplied); see Picture.encode."""
    if form == "jpeg":
        return encoding.jpeg(canvas.opaque(pixels, background or PAPER))
    many = canvas.opaque(pixels, background) if background else canvas.straight(pixels)
    if form == "png8":
        return encoding.png_of_entries(*encoding.few_colors(many))
    return encoding.png_of_colors(many)


def _looks(chosen: tuple[Marker, ...]) -> tuple[Look, ...]:
    return tuple(sorted(set(map(look, chosen))))


def _that_fit(chosen: tuple[Marker, ...]) -> list[tuple[Marker, ...]]:
    """The markers in their order, in as few parts as fit a palette each."""
    parts: list[tuple[Marker, ...]] = []
    for each in chosen:
        if parts and palette(_looks((*parts[-1], each))) is not None:
            parts[-1] += (each,)
        else:
            parts.append((each,))
    return parts


def _opaque(colors: Bytes, background: str) -> Bytes:
    """Colours that were premultiplied, over a background: red, green, blue."""
    rest = 255 - colors[..., 3:].astype(np.uint16)
    beneath = (rest * np.array(rgb(background), np.uint16) + 127) // 255
    return colors[..., :3] + beneath.astype(np.uint8)
