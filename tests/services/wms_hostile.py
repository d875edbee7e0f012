"""Requests to the WMS as nobody should make them: mutated valid ones, from a seed, so that each can be made again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

Pairs = list[tuple[str, str | bytes]]


@dataclass(frozen=True)
class Request:
    """method, target (path and query, as bytes on the wire) and headers."""

    method: str
    target: bytes
    headers: tuple[tuple[str, str], ...] = ()


def hostile(seed: int, count: int) -> Iterator[Request]:
    """`count` requests, always the same for a seed."""
    chance = random.Random(seed)
    for _number in range(count):
        yield _request(chance)


# -- what is valid, to begin with ----------------------------------------------------------------

LAYERS = ("trees", "fruit-trees", "green-spaces", "quarters", "streets", "municipalities")
PLACES = {
    "EPSG:25832": (640000, 5874000, 641000, 5875000),
    "EPSG:25833": (236000, 5882000, 237000, 5883000),
    "EPSG:3857": (1231000, 6988000, 1240000, 6995000),
    "CRS:84": (11.0, 53.0, 11.2, 53.1),
    "EPSG:4326": (53.0, 11.0, 53.1, 11.2),
    "EPSG:4258": (53.0, 11.0, 53.1, 11.2),
}
FORMATS = ("image/png", "image/jpeg", "image/png; mode=8bit", "image/png8")
INFO = ("text/plain", "text/html", "application/json", "application/vnd.ogc.gml")


def _map(chance: random.Random) -> Pairs:
    crs = chance.choice(list(PLACES))
    version = chance.choice(("1.3.0", "1.1.1"))
    turned = version == "1.1.1" and crs in ("EPSG:4326", "EPSG:4258")
    width, height = chance.choice((1, 64, 256, 700)), chance.choice((1, 64, 256, 500))
    if chance.random() < 0.01:
        width = height = 3072  # the largest that is allowed
    return [
        ("SERVICE", "WMS"),
        ("VERSION", version),
        ("REQUEST", "GetMap"),
        ("LAYERS", ",".join(chance.sample(LAYERS, chance.randint(1, 3)))),
        ("STYLES", ""),
        ("CRS" if version == "1.3.0" else "SRS", crs),
        ("BBOX", ",".join(map(str, PLACES["CRS:84" if turned else crs]))),
        ("WIDTH", str(width)),
        ("HEIGHT", str(height)),
        ("FORMAT", chance.choice(FORMATS)),
        ("TRANSPARENT", chance.choice(("TRUE", "FALSE"))),
    ]


def _info(chance: random.Random) -> Pairs:
    asked = [(key, "GetFeatureInfo" if key == "REQUEST" else value) for key, value in _map(chance)]
    layers = dict(asked)["LAYERS"]
    return [
        *asked,
        ("QUERY_LAYERS", layers),
        ("INFO_FORMAT", chance.choice(INFO)),
        ("FEATURE_COUNT", "5"),
        ("I", "10"),
        ("J", "10"),
        ("X", "10"),
        ("Y", "10"),
    ]


def _legend(chance: random.Random) -> Pairs:
    return [
        ("SERVICE", "WMS"),
        ("VERSION", "1.3.0"),
        ("REQUEST", "GetLegendGraphic"),
        ("LAYER", chance.choice(LAYERS)),
        ("FORMAT", "image/png"),
        ("LANGUAGE", chance.choice(("de", "en"))),
    ]


def _capabilities(chance: random.Random) -> Pairs:
    return [
        ("SERVICE", "WMS"),
        ("REQUEST", "GetCapabilities"),
        ("VERSION", chance.choice(("1.3.0", "1.1.1"))),
    ]


# -- what is not ---------------------------------------------------------------------------------

WORDS: tuple[str | bytes, ...] = (
    *("", " ", ",", ";", "'", '"', "\\", "-", "--", "*", "%", "%00", "\0", "\n", "null", "None"),
    *("NaN", "nan", "Infinity", "-inf", "1e309", "-1e309", "1e-320", "-0", "0x10", "1_000", "१२"),
    *("9" * 400, "1" + "0" * 5000, "2147483648", "-9223372036854775809", "1.5", "1e2", "true"),
    *(b"\xff\xfe", b"\xc3(", b"\xed\xa0\x80", b"caf\xe9", "\u202etrees", "\ufeff", "😀" * 50),
    *("../../../../etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/", "C:\\boot.ini"),
    *("' OR '1'='1", "1;SELECT pg_sleep(5)--", "trees' UNION SELECT 1--", "$$;DROP TABLE x;$$"),
    *("{{7*7}}", "${jndi:ldap://x}", "%s%s%n", "{0.__class__}", "<script>alert(1)</script>"),
    *("]]>", "<!DOCTYPE x [<!ENTITY e 'x'>]>", "&amp;&lt;", "\x01\x02\x1b", "\ud800"),
)
BOXES = (
    *("NaN,NaN,NaN,NaN", "0,0,nan,1", "-inf,-inf,inf,inf", "1e309,0,1,1", "1,2,3", "1,2,3,4,5"),
    *("0,0,0,0", "1,1,0,0", "11.2,53.1,11,53", "0,0,1,0", "a,b,c,d", ",,,", "1e30,1e30,2e30,2e30"),
    *(
        "-1e300,-1e300,1e300,1e300",
        "0,0,1e-300,1e-300",
        "1,1,1.0000000000000002,1.0000000000000002",
    ),
    *("-20037508,-20037508,20037508,20037508", "-1e7,-1e7,1e7,1e7", "-180,-90,180,90"),
    *("-90,-180,90,180", "89.9,0,90,1", "-1e5,9e6,1e6,1e7", "179,-1,181,1", "500000,0,500001,0.5"),
    *("1 2 3 4", "1,2,3,4,EPSG:25833", "0x1,0x2,0x3,0x4", "1e2,1e2,1e3,1e3", "٠,١,٢,٣"),
)
SIZES = ("0", "-1", "1", "100000", "3072", "3073", "2048", "2147483647", "1" + "0" * 30, "256.0")
INSTANTS = (
    *(
        "yesterday",
        "0000-01-01",
        "9999-12-31T23:59:59Z",
        "99999-01-01",
        "2026-02-30",
        "-1",
        "../..",
    ),
    *(
        "2020-01-01/2021-01-01",
        "2020-01-01/..",
        "2020-01-01/2030-01-01/P1D",
        "2026-11-01T00:00:00Z",
    ),
    *("2026-13-01T25:61:61Z", "current", "2026-11-01T00:00:00+99:99", "1e99", "P1Y", ","),
)


def _ring(corners: int) -> str:
    from math import cos, pi, sin

    turns = [2 * pi * (n % corners) / corners for n in range(corners + 1)]
    return ", ".join(f"{11 + cos(t):.6f} {53 + sin(t):.6f}" for t in turns)


def _filters(chance: random.Random) -> str:
    """A CQL_FILTER: deep, wide, wrong, or with a geometry that hurts."""
    deep = chance.choice((3, 40, 400, 4000))
    return chance.choice(
        (
            lambda: "(" * deep + "height_m > 1" + ")" * deep,
            lambda: "NOT " * deep + "height_m > 1",
            lambda: " AND ".join(["height_m > 1"] * min(deep, 2000)),
            lambda: " OR ".join(f"height_m = {n}" for n in range(min(deep, 2000))),
            lambda: f"species IN ({','.join(repr(str(n)) for n in range(deep))})",
            lambda: "species LIKE '" + "%a_" * deep + "'",
            lambda: "species = '" + "x" * deep * 4 + "'",
            lambda: f"height_m = {'9' * deep}",
            lambda: "height_m = " + "+".join(["1"] * deep),
            lambda: f"S_INTERSECTS(location, POLYGON(({_ring(min(deep * 5, 2500))})))",
            lambda: "S_INTERSECTS(area, POLYGON((11 53, 11.1 53.1, 11 53.1, 11.1 53, 11 53)))",
            lambda: (
                "S_INTERSECTS(location, "
                + "GEOMETRYCOLLECTION(" * deep
                + "POINT(1 1)"
                + ")" * deep
                + ")"
            ),
            lambda: "S_WITHIN(location, POLYGON((1e400 1, 2 2, 3 3, 1e400 1)))",
            lambda: "S_INTERSECTS(location, POINT(NaN NaN))",
            lambda: "S_INTERSECTS(location, POLYGON((0 0, 1 1)))",
            lambda: "S_INTERSECTS(location, POLYGON EMPTY)",
            lambda: "S_DWITHIN(location, POINT(11 53), 1e308, meters)",
            lambda: "T_AFTER(changed, TIMESTAMP('99999-01-01T00:00:00Z'))",
            lambda: json.dumps({"op": "=", "args": [{"property": "height_m"}, {"a": 1}]}),
            lambda: '{"op":"not","args":[' * deep + "true" + "]}" * deep,
            lambda: "[" * deep,
            lambda: "password = 'x'",
            lambda: "1=1; SELECT pg_sleep(3)",
            lambda: "species = 'a' OR pg_sleep(3) IS NULL",
            lambda: "casei(species) = casei('ß" + "ı" * deep + "')",
            lambda: "height_m > 1 -- ",
            lambda: "species",
        )
    )()


def _any(chance: random.Random) -> str | bytes:
    return chance.choice(WORDS)


def _names(chance: random.Random) -> str:
    many = chance.choice((20, 200, 10_000))
    return chance.choice(
        (
            lambda: ",".join(["trees"] * many),
            lambda: ",".join(f"n{number}" for number in range(many)),
            lambda: "," * many,
            lambda: "x" * many,
            lambda: "trees,nothing",
            lambda: "TREES",
            lambda: "species",
        )
    )()


# What a parameter is given instead of what it wants; anything may also be given any of WORDS.
WRONG: dict[str, Callable[[random.Random], str | bytes]] = {
    "BBOX": lambda chance: chance.choice(BOXES),
    "WIDTH": lambda chance: chance.choice(SIZES),
    "HEIGHT": lambda chance: chance.choice(SIZES),
    "LAYERS": _names,
    "QUERY_LAYERS": _names,
    "LAYER": _names,
    "STYLES": _names,
    "STYLE": _names,
    "CRS": lambda chance: chance.choice(
        ("EPSG:0", "EPSG:99999999", "EPSG:31468", "AUTO2:42001,1,1", "epsg:4326")
    ),
    "SRS": lambda chance: chance.choice(
        ("EPSG:-1", "urn:ogc:def:crs:EPSG::4326", "+proj=utm", "none")
    ),
    "VERSION": lambda chance: chance.choice(
        ("1.0.0", "1.1.0", "1.3.1", "2", "9.9.9", "1.3.0.0", "1..3", "-1.3.0")
    ),
    "REQUEST": lambda chance: chance.choice(
        ("getmap", "GetTile", "DescribeLayer", "GetStyles", "Map", "capabilities")
    ),
    "SERVICE": lambda chance: chance.choice(("WFS", "wms", "WMS,WMS")),
    "FORMAT": lambda chance: chance.choice(
        ("image/gif", "image/svg+xml", "png", "text/html", "image/png;" * 50)
    ),
    "INFO_FORMAT": lambda chance: chance.choice(
        ("text/xml", "*/*", "image/png", "text/html;x=" + "y" * 500)
    ),
    "CQL_FILTER": _filters,
    "FILTER": lambda chance: chance.choice(
        ("<Filter/>", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;")
    ),
    "SLD": lambda chance: "http://127.0.0.1:1/x.sld",
    "SLD_BODY": lambda chance: "<StyledLayerDescriptor>" * chance.choice((1, 1000)),
    "TIME": lambda chance: chance.choice(INSTANTS),
    "FEATURE_COUNT": lambda chance: chance.choice(("0", "-1", "1e9", "100000000", "1.5")),
    "I": lambda chance: chance.choice(("-1", "256", "1e5", "99999999999")),
    "J": lambda chance: chance.choice(("-1", "256", "1e5", "99999999999")),
    "X": lambda chance: chance.choice(("-1", "256", "1e5", "99999999999")),
    "DPI": lambda chance: chance.choice(("0", "-96", "96", "300", "100000", "1e9", "1e-9")),
    "MAP_RESOLUTION": lambda chance: chance.choice(("0", "300", "1e300")),
    "FORMAT_OPTIONS": lambda chance: chance.choice(
        ("dpi:300", "dpi:1e99", "dpi:", ":" * 900, "dpi:180;antialias:off")
    ),
    "BGCOLOR": lambda chance: chance.choice(
        ("0xGGGGGG", "#fff", "0x" + "f" * 900, "red", "0xFFFFFFF")
    ),
    "TRANSPARENT": lambda chance: chance.choice(("maybe", "1", "TRUE,FALSE")),
    "EXCEPTIONS": lambda chance: chance.choice(
        ("XML", "INIMAGE", "BLANK", "application/vnd.ogc.se_inimage", "json")
    ),
    "LANGUAGE": lambda chance: chance.choice(("ger", "de,en", "xx", "../de", "en" * 500)),
    "RULE": lambda chance: chance.choice(("fruit", "nothing", "x" * 5000)),
    "SCALE": lambda chance: chance.choice(("0", "-1", "1e400", "1")),
    "ELEVATION": lambda chance: "1",
    "UPDATESEQUENCE": lambda chance: chance.choice(("0", "z" * 300)),
    "TOLERANCE": lambda chance: chance.choice(("-1", "1e9")),
}


def _request(chance: random.Random) -> Request:
    kinds, weights = (_map, _info, _legend, _capabilities), (6, 4, 2, 1)
    pairs = chance.choices(kinds, weights)[0](chance)
    for _step in range(chance.choices((0, 1, 2, 3, 6), (3, 7, 3, 1, 1))[0]):
        pairs = _worse(chance, pairs)
    query = b"&".join(quote(key) + b"=" + quote(value) for key, value in pairs)
    if chance.random() < 0.15:
        query = _broken(chance, query)
    method = chance.choices(("GET", "HEAD", "POST", "OPTIONS", "PUT"), (60, 2, 1, 1, 1))[0]
    return Request(method, b"/wms?" + query, _headers(chance))


def _worse(chance: random.Random, pairs: Pairs) -> Pairs:
    """One thing more that is wrong."""
    pairs = list(pairs)
    place = chance.randrange(len(pairs)) if pairs else 0
    road = chance.randrange(8)
    if (
        not pairs or road <= 2
    ):  # a parameter with a value of its own, wrong kind: added, or in the place of its like
        key = chance.choice(list(WRONG))
        value = WRONG[key](chance)
        held = [name for name, _value in pairs]
        if key in held and road:
            pairs[held.index(key)] = key, value
        else:
            pairs.append((key, value))
    elif road == 3:  # what stands there, wrong
        key = pairs[place][0]
        pairs[place] = key, WRONG.get(key, _any)(chance)
    elif road == 4:
        pairs[place] = pairs[place][0], _any(chance)
    elif road == 5:  # left out
        del pairs[place]
    elif road == 6:  # twice, once in another case
        key, value = pairs[place]
        pairs.insert(
            chance.randrange(len(pairs)), (_case(chance, key), chance.choice((value, _any(chance))))
        )
    else:  # all keys in some case, in some order
        pairs = [(_case(chance, key), value) for key, value in pairs]
        chance.shuffle(pairs)
    return pairs


def _case(chance: random.Random, text: str) -> str:
    return "".join(chance.choice((letter.lower(), letter.upper())) for letter in text)


def _broken(chance: random.Random, query: bytes) -> bytes:
    """The bytes themselves are damaged. None of them would end the request line."""
    for _time in range(chance.randint(1, 6)):
        place = chance.randrange(len(query) + 1)
        piece = chance.choice(
            (
                b"%",
                b"%zz",
                b"%00",
                b"%ff",
                b"&&&",
                b"=",
                b"+",
                b"%u0041",
                b"\xff",
                b"\xc3\xa4",
                b";",
                b"&" * 2000,
            )
        )
        road = chance.randrange(3)
        if road == 0:
            query = query[:place] + piece + query[place:]
        elif road == 1:
            query = query[:place] + query[place + chance.randint(1, 20) :]
        else:
            query = query[:place]
    return query


def _headers(chance: random.Random) -> tuple[tuple[str, str], ...]:
    choice = chance.random()
    if choice < 0.05:
        return (("If-None-Match", chance.choice(("*", '"', 'W/"x", "y"', "x" * 5000, '"' * 300))),)
    if choice < 0.1:
        return (("Accept-Language", chance.choice(("de;q=zz", "*" * 900, "en;q=1e999,de", "-"))),)
    if choice < 0.12:
        return (("If-Modified-Since", "Thu, 99 Foo 99999 99:99:99 GMT"),)
    return ()


def quote(text: str | bytes) -> bytes:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return quote_from_bytes(raw, safe="/:,;()").encode()
