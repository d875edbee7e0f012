"""Pixels to the bytes of a file: PNG (W3C Portable Network Graphics, third edition) and JPEG.

PNG is written here: its rows as they are, compressed lightly. A library would first look for the best filter of each
row, which costs more than everything else and hardly helps pictures of flat colours.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from isal import isal_zlib
from PIL import Image

from geoplatform.rendering.palette import Bytes

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE, RGB, RGBA = 3, 2, 6  # colour types
LEVEL = 1
JPEG_QUALITY = 85


def png_of_entries(entries: Bytes, colors: Bytes) -> bytes:
    """A PNG with a palette.

    entries  height x width, places in `colors`
    colors   red, green, blue and, if any is translucent, alpha; not premultiplied
    """
    chunks = [_chunk(b"PLTE", colors[:, :3].tobytes())]
    clear = np.flatnonzero(colors[:, 3] < 255) if colors.shape[1] == 4 else np.empty(0)
    if len(clear):
        chunks.append(_chunk(b"tRNS", colors[: clear[-1] + 1, 3].tobytes()))
    return _png(entries, PALETTE, chunks)


def png_of_colors(colors: Bytes) -> bytes:
    """A PNG of height x width x 3 (RGB) or 4 (RGBA, not premultiplied)."""
    return _png(colors, RGBA if colors.shape[2] == 4 else RGB, [])


def few_colors(colors: Bytes) -> tuple[Bytes, Bytes]:
    """At most 256 colours in place of many: entries (height x width) and colours. `colors` as for `png_of_colors`."""
    image = Image.fromarray(colors).quantize(256, method=Image.Quantize.FASTOCTREE)
    found = np.array(image.getpalette("RGBA" if colors.shape[2] == 4 else "RGB"), np.uint8)
    return np.asarray(image), found.reshape(-1, colors.shape[2])


def jpeg(colors: Bytes) -> bytes:
    """A JPEG of height x width x 3."""
    target = io.BytesIO()
    Image.fromarray(colors).save(target, "JPEG", quality=JPEG_QUALITY)
    return target.getvalue()


def _png(pixels: Bytes, kind: int, chunks: list[bytes]) -> bytes:
    height, width = pixels.shape[:2]
    # Before each row stands its filter: none.
    rows = np.zeros((height, 1 + pixels[0].size), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    content = isal_zlib.compress(rows, LEVEL)
    parts = [_chunk(b"IHDR", header), *chunks, _chunk(b"IDAT", content), _chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(content, zlib.crc32(name))
    return b"".join((struct.pack(">I", len(content)), name, content, struct.pack(">I", check)))
