"""What the schema of GPX 1.1 (topografix.com/GPX/1/1/gpx.xsd) demands of a file, as far as walks go.

No library brings it. Every element and attribute that is not named here is a fault, and so is one at a place, of a
number or of a form that the schema does not allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree as xml

NAMESPACE = "{http://www.topografix.com/GPX/1/1}"
INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"

TEXT = r"[\s\S]*"
DECIMAL = r"[+-]?(\d+(\.\d*)?|\.\d+)"  # xsd:decimal: no exponent, no infinity
TIME = r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"
COUNT = r"\+?\d+"

LINK = {"link": "link"}
POINT = {
    "ele": DECIMAL, "time": TIME, "magvar": DECIMAL, "geoidheight": DECIMAL, "name": TEXT, "cmt": TEXT, "desc": TEXT,
    "src": TEXT, **LINK, "sym": TEXT, "type": TEXT,
}  # fmt: skip
# The children of each type in the order of its sequence: what they hold, or their own type.
TYPES: dict[str, dict[str, str]] = {
    "gpx": {"metadata": "metadata", "wpt": "point", "rte": "route"},
    "metadata": {"name": TEXT, "desc": TEXT, **LINK, "time": TIME, "keywords": TEXT},
    "point": POINT,
    "route": {
        "name": TEXT, "cmt": TEXT, "desc": TEXT, "src": TEXT, **LINK, "number": COUNT, "type": TEXT, "rtept": "point",
    },
    "link": {"text": TEXT, "type": TEXT},
}  # fmt: skip
MANY = {"wpt", "rte", "rtept", "link"}
REQUIRED = {"gpx": {"version", "creator"}, "point": {"lat", "lon"}, "link": {"href"}}


def faults(content: bytes) -> list[str]:
    """What is wrong with a file; nothing is left out that the schema would refuse."""
    root = xml.fromstring(content)
    if root.tag != f"{NAMESPACE}gpx":
        return [f"the root is {root.tag}"]
    wrong = list(_faults(root, "gpx", "gpx"))
    if root.get("version") != "1.1":
        wrong.append(f"version {root.get('version')}")
    return wrong


def _faults(element: xml.Element, kind: str, path: str) -> Iterator[str]:
    yield from _attributes(element, kind, path)
    if (element.text or "").strip():
        yield f"{path}: text between elements"
    children = TYPES[kind]
    order = list(children)
    last = -1
    for each in element:
        name = each.tag.removeprefix(NAMESPACE)
        here = f"{path}/{name}"
        if name not in children or not each.tag.startswith(NAMESPACE):
            yield f"{here}: not in the schema"
            continue
        at = order.index(name)
        if at < last:
            yield f"{here}: after {order[last]}"
        elif at == last and name not in MANY:
            yield f"{here}: twice"
        last = max(last, at)
        if children[name] in TYPES:
            yield from _faults(each, children[name], here)
        elif len(each) or each.attrib or not re.fullmatch(children[name], each.text or ""):
            yield f"{here}: {xml.tostring(each, 'unicode')}"


def _attributes(element: xml.Element, kind: str, path: str) -> Iterator[str]:
    names = {each for each in element.attrib if not each.startswith(INSTANCE)}
    if names != REQUIRED.get(kind, set()):
        yield f"{path}: attributes {sorted(names)}"
        return
    if kind == "link" and (
        " " in element.get("href", "") or not urlsplit(element.get("href")).scheme
    ):
        yield f"{path}: no address"
    if kind != "point":
        return
    for name, least, most in (("lat", -90.0, 90.0), ("lon", -180.0, 180.0)):
        said = element.get(name, "")
        # longitudeType ends before 180.
        if not re.fullmatch(DECIMAL, said) or not least <= float(said) <= most or said == "180.0":
            yield f"{path}: {name} {said}"
