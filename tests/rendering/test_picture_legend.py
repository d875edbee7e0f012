"""Legends as pictures: every category, in the reader's language, at any density."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.utils.translation import override
from PIL import Image

from geoplatform.catalog.registry import map_layers
from geoplatform.catalog.symbols import Categorized, Fill, Marker, Stroke, simple_symbols
from geoplatform.rendering.legend import HEIGHT, WIDTH, category, legend
from geoplatform.rendering.palette import rgb
from geoplatform.rendering.picture_legend import legend_picture, legend_size

LAYERS = pytest.mark.parametrize("layer", map_layers(), ids=lambda each: each.name)


def read(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA")).astype(int)


@LAYERS
def test_every_layer_has_one_of_the_size_that_is_told(layer):
    for language in ("de", "en"):
        with override(language):
            for ratio in (1, 2.5):
                pixels = read(legend_picture(layer, ratio=ratio))
                assert pixels.shape[1::-1] == legend_size(layer, ratio)
                # Nothing is cut off.
                edges = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
                assert not any(each.any() for each in edges)


@LAYERS
def test_its_colours_are_those_of_the_symbols(layer):
    pixels = read(legend_picture(layer, ratio=4, background="#ffffff"))[..., :3]
    for symbol in simple_symbols(layer.symbol):
        if isinstance(layer.symbol, Categorized) and symbol is layer.symbol.default:
            continue
        match symbol:
            case Marker() | Stroke():
                color, opacity = symbol.color, getattr(symbol, "opacity", 1)
            case Fill():
                color, opacity = symbol.color or symbol.outline, symbol.opacity
                if symbol.color is None:
                    opacity = 1
        wanted = np.array(rgb(color)) * opacity + 255 * (1 - opacity)
        assert np.abs(pixels - wanted).max(axis=2).min() <= 3, symbol


@LAYERS
def test_one_category_alone(layer):
    if not isinstance(layer.symbol, Categorized):
        with pytest.raises(LookupError):
            legend_picture(layer, value="anything")
        return
    whole = legend_size(layer)
    for entry in legend(layer):
        if entry.state:
            continue
        assert category(layer, entry.value).svg == entry.svg
        alone = read(legend_picture(layer, value=entry.value))
        assert alone.shape[0] < whole[1]
        swatch = read(legend_picture(layer, value=entry.value, swatch=(WIDTH * 2, HEIGHT * 2)))
        assert swatch.shape[:2] == (HEIGHT * 2, WIDTH * 2)
        assert swatch[..., 3].any()
    with pytest.raises(LookupError):
        legend_picture(layer, value="no such")


def test_labels_follow_the_language():
    layer = next(each for each in map_layers() if each.name == "green-spaces")
    pictures = []
    for language in ("de", "en"):
        with override(language):
            pictures.append(legend_picture(layer))
    assert pictures[0] != pictures[1]


def test_forms_and_backgrounds():
    layer = map_layers()[0]
    jpeg = Image.open(io.BytesIO(legend_picture(layer, form="jpeg")))
    assert jpeg.format == "JPEG"
    assert min(jpeg.getpixel((0, 0))) >= 250
    assert tuple(read(legend_picture(layer))[0, 0]) == (0, 0, 0, 0)
    assert tuple(read(legend_picture(layer, background="#102030"))[0, 0]) == (16, 32, 48, 255)
    eight = Image.open(io.BytesIO(legend_picture(layer, form="png8")))
    assert eight.mode == "P"
