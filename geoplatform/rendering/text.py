"""Text as the drawing library has it, in a font that comes with the packages: a server needs no fonts of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import font_source_sans_pro
import skia

WEIGHTS = {"regular": "SourceSansPro", "strong": "SourceSansProSemibold"}


@dataclass(frozen=True, eq=False)
class Line:
    """One line of text; each is made once.

    glyphs, advances  of the font, pixels from each glyph to the next
    width             pixels
    """

    text: str
    font: skia.Font
    glyphs: tuple[int, ...]
    advances: tuple[float, ...]

    @cached_property
    def width(self) -> float:
        return sum(self.advances)

    @cached_property
    def blob(self) -> skia.TextBlob:
        """As it is drawn along a straight line."""
        return skia.TextBlob.MakeFromString(self.text, self.font)


@lru_cache(maxsize=20_000)
def line(text: str, size: float, weight: str = "regular") -> Line:
    """A text without breaks; `size` in pixels."""
    font = _font(_typeface(weight), size)
    glyphs = font.textToGlyphs(text)
    if 0 in glyphs and (other := _other_typeface(text)):
        font = _font(other, size)
        glyphs = font.textToGlyphs(text)
    return Line(text, font, tuple(glyphs), tuple(font.getWidths(glyphs)))


@lru_cache(maxsize=20_000)
def lines(text: str, size: float, widest: float, weight: str = "regular") -> tuple[Line, ...]:
    """A text broken at its spaces into lines of about the same width, none much wider than `widest` pixels."""
    words = text.split()
    whole = line(" ".join(words), size, weight)
    number = -(-whole.width // widest)
    if number < 2:
        return (whole,)
    broken = [words[0]]
    for word in words[1:]:
        longer = f"{broken[-1]} {word}"
        # A word joins the line that it makes less wrong.
        wanted = whole.width / number
        if (
            line(longer, size, weight).width - wanted
            <= wanted - line(broken[-1], size, weight).width
        ):
            broken[-1] = longer
        else:
            broken.append(word)
    return tuple(line(each, size, weight) for each in broken)


def rise(size: float) -> float:
    """Pixels from the base line up to the middle of capital letters."""
    return 0.33 * size  # capitals of Source Sans Pro are 0.66 em high


def _font(typeface: skia.Typeface, size: float) -> skia.Font:
    font = skia.Font(typeface, size)
    font.setSubpixel(True)
    font.setHinting(skia.FontHinting.kNone)
    font.setEdging(skia.Font.Edging.kAntiAlias)
    return font


@lru_cache
def _typeface(weight: str) -> skia.Typeface:
    return skia.Typeface.MakeFromFile(font_source_sans_pro.font_files_ttf[WEIGHTS[weight]])


@lru_cache(maxsize=1000)
def _other_typeface(text: str) -> skia.Typeface | None:
    """A font of the system that has the letter which ours lacks; None where there is none."""
    ours = _typeface("regular")
    missing = next((letter for letter in text if not ours.unicharToGlyph(ord(letter))), None)
    if missing is None:
        return None
    return skia.FontMgr().matchFamilyStyleCharacter("", skia.FontStyle(), [], ord(missing))
