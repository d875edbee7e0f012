"""Botanical names as cadastres write them, taken apart: "Acer x freemanii ´Autumn Blaze`" is a species and a cultivar.

The parts follow the International Code of Nomenclature (ICN, hybrid sign ×) and its cultivated-plant code (ICNCP,
cultivars in single quotes). What is no botanical name ("Baumgruppe", "nicht bestimmt") gives none.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

QUOTES = "'\"´`‘’‚‛“”„"
RANKS = {
    "subsp.": "subsp.",
    "ssp.": "subsp.",
    "subsp": "subsp.",
    "ssp": "subsp.",
    "var.": "var.",
    "var": "var.",
    "f.": "f.",
}
# Second words that say "some species of this genus" or "not sure which".
NO_EPITHET = re.compile(
    r"^(spec(ies)?|spp?|hybr\w*|hypri\w*|indet|unbekannt|nicht|sorten?|zierform|i)\.?$", re.I
)
GENUS = re.compile(r"^[A-Z][a-z]{2,}(-[a-z]+)?$")
EPITHET = re.compile(r"^[a-zäöüë]{2,}(-[a-z]+)*$")
# Two lower-case words that are no genus and epithet.
NO_GENUS = {"nicht", "nichts", "unbekannt", "keine", "kein", "ohne", "not", "unknown"}


@dataclass(frozen=True)
class Name:
    """`botanical` is genus, epithet and lower ranks; a genus alone is a name too."""

    botanical: str
    cultivar: str = ""


@lru_cache(maxsize=65_536)
def parse(text: str) -> Name | None:
    """Take a name apart; None where it is none."""
    cultivar = ""
    found = re.search(rf"\s*[{QUOTES}](.+?)[{QUOTES}](?=\s|$|[^\w])", text + " ")
    if found:
        cultivar = found[1].strip(f" {QUOTES}")
        text = text[: found.start()] + " " + text[found.end() :]
    # "heldreichii (leucodermis)": the bracket holds a synonym.
    words = re.sub(r"\(.*?\)|[.,;]+$|\bcf\.", " ", text.replace("×", " × ")).split()
    if not words:
        return None
    if words[0] in {"×", "x", "X"} and len(words) > 1:  # a hybrid genus
        words = words[1:]
    # "robinia pseudoacacia", "ULMUS hybr.": the case is a slip, the name is meant.
    if words[0].isupper() or (
        words[0] not in NO_GENUS and len(words) > 1 and EPITHET.match(words[1])
    ):
        words[0] = words[0].capitalize()
    if not GENUS.match(words[0]):
        return None
    parts, rest = [words[0]], words[1:]
    if rest and rest[0] in {"×", "x", "X"}:
        parts.append("×")
        rest = rest[1:]
    if rest and NO_EPITHET.match(rest[0]):
        rest = []
    if rest and EPITHET.match(rest[0]):
        parts.append(rest[0])
        rest = rest[1:]
        if len(rest) > 1 and rest[0] in RANKS and EPITHET.match(rest[1]):
            parts += [RANKS[rest[0]], rest[1]]
            rest = rest[2:]
    elif parts[-1] == "×":
        parts.pop()
    # "Malus Stahls Winterprinz": a capital after the name begins a cultivar that nobody quoted.
    if not cultivar and rest and rest[0][:1].isupper():
        cultivar = " ".join(rest)
    return Name(" ".join(parts), cultivar)


def botanical_name(text: str) -> str | None:
    """Genus, epithet and lower ranks without the cultivar: `Prunus domestica subsp. syriaca`."""
    name = parse(text)
    return name.botanical if name else None


def cultivar(text: str) -> str | None:
    """The cultivar, without quotes."""
    name = parse(text)
    return (name.cultivar or None) if name else None


def plain_cultivar(text: str) -> str | None:
    """A cultivar from a column of its own: quotes and place holders (".") taken away."""
    return text.strip(f" .{QUOTES}") or None
