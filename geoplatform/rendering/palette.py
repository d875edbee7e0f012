"""The colours of a picture of markers: few enough that a pixel is one byte, and the byte of one pixel over another.

A marker is its fill, its outline, and what lies between these two and nothing at its edges. All such blends, in steps,
are the palette; what two of them make, one over the other, is looked up in a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

Look = tuple[str, str]  # fill and outline, `#rrggbb`
Bytes = npt.NDArray[np.uint8]
FINEST, COARSEST = 20, 4  # steps of a blend: as many as there is room for
MOST = 256


@dataclass(frozen=True, eq=False)
class Palette:
    """Colours, and how they cover each other.

    colors  entry -> red, green, blue, alpha; premultiplied, uint8; entry 0 is nothing at all
    over    256 * upper + lower -> entry: what is seen where one lies over the other
    """

    looks: tuple[Look, ...]
    colors: Bytes
    over: Bytes

    @cached_property
    def straight(self) -> Bytes:
        """The colours as PNG wants them: not premultiplied."""
        alpha = self.colors[:, 3:].astype(np.uint16)
        found = self.colors.copy()
        straight = (self.colors[:, :3] * np.uint16(255) + alpha // 2) // np.maximum(alpha, 1)
        found[:, :3] = np.minimum(straight, 255)
        return found

    def nearest(self, colors: npt.NDArray[np.float32]) -> Bytes:
        """The entries that come closest to colours (premultiplied, 0 to 255)."""
        return _nearest(self.colors, colors)


@lru_cache(maxsize=32)
def palette(looks: tuple[Look, ...]) -> Palette | None:
    """The palette of some looks, as fine as 256 entries allow; None where they are too many."""
    for steps in range(FINEST, COARSEST - 1, -1):
        colors = _blends(looks, steps)
        if len(colors) <= MOST:
            return Palette(looks, colors, _over(colors))
    return None


def rgb(color: str) -> tuple[int, int, int]:
    """Red, green and blue of `#rrggbb`."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _blends(looks: tuple[Look, ...], steps: int) -> Bytes:
    fill, outline = (each.ravel() for each in np.mgrid[0 : steps + 1, 0 : steps + 1])
    shares = np.stack([fill, outline], axis=-1)[fill + outline <= steps] / steps
    ends = [
        np.array([[*rgb(inner), 255], [*rgb(outer), 255]], dtype=np.float64)
        for inner, outer in looks
    ]
    found = [np.rint(shares @ each).astype(np.uint8) for each in ends]
    nothing = np.zeros((1, 4), np.uint8)
    # Sorted, so that nothing at all comes first.
    return np.unique(np.concatenate([nothing, *found]), axis=0)


def _over(colors: Bytes) -> Bytes:
    table = np.zeros((MOST, MOST), np.uint8)
    lower = colors.astype(np.float32)
    for entry, upper in enumerate(lower):
        table[entry, : len(colors)] = _nearest(colors, upper + lower * (1 - upper[3] / 255))
    return table.ravel()


def _nearest(known: Bytes, wanted: npt.NDArray[np.float32]) -> Bytes:
    entries = known.astype(np.float32)
    # The square of a difference, without what is the same for all entries.
    distance = (entries**2).sum(axis=1) - 2 * wanted @ entries.T
    found: Bytes = distance.argmin(axis=1).astype(np.uint8)
    return found
