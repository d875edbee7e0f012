"""What a scenario says: features added, changed or removed, as GeoJSON, guarded before anything reckons with it.

Each is a GeoJSON feature (RFC 7946) with `act` and `layer` among its properties; what is changed or removed carries the
id of the feature that it is about. Nothing here knows a database.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import shapely
from django.utils.translation import gettext as _
from pyproj import Geod

from geoplatform.analysis import drawn, reading
from geoplatform.analysis.network import NOT_ON_FOOT
from geoplatform.analysis.origins import RESIDENTIAL
from geoplatform.catalog.properties import property_by_name
from geoplatform.query.cql2.geometry import GeometryError, parse_geometry
from geoplatform.query.cql2.tree import JsonError, parse_json
from geoplatform.query.crs import CRS84
from geoplatform.query.errors import QueryError

Act = Literal["add", "change", "remove"]
ACTS: tuple[Act, ...] = get_args(Act)
# Subjects of a city that a scenario may say otherwise.
SUBJECTS = ("green", "gardens", "streets", "trees")
USUAL_KINDS = {"green": "park", "gardens": "community", "streets": "footway"}
# Who lives where follows from these streets, and nobody walks on those: a drawn path is neither.
NO_PATHS = (*RESIDENTIAL, *NOT_ON_FOOT)

MOST_BYTES = 200_000
MOST_FEATURES = 200
MOST_KM2 = 100.0  # a park or garden: more than the largest forest of any German city
MOST_KM = 50.0  # a path
MOST_TREES = 10_000  # at one point
WIDEST_CROWN = 100.0  # metres
MOST_NAME = 200  # characters
DIGITS = 7  # of a degree: about a centimetre
PROPERTIES = {"act", "layer", "kind", "public_access", "number", "crown_m", "name"}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One feature that is otherwise in a scenario.

    id             of the feature that is changed or removed; of an added one what its author calls it
    shape          in degrees, longitude first; None: it stays, or goes
    kind           empty: as it is
    public_access  None: as it is, or by its kind
    """

    act: Act
    subject: str
    id: str
    shape: shapely.Geometry | None = None
    kind: str = ""
    public_access: bool | None = None
    number: int = 1
    crown_m: float | None = None
    name: str = ""

    def document(self) -> dict[str, Any]:
        """The GeoJSON feature that says it."""
        said: dict[str, Any] = {"act": self.act, "layer": reading.layer_name(self.subject)}
        if self.kind:
            said["kind"] = self.kind
        if self.public_access is not None:
            said["public_access"] = self.public_access
        if self.subject == "trees" and self.act == "add":
            said["number"] = self.number
        if self.crown_m is not None:
            said["crown_m"] = self.crown_m
        if self.name:
            said["name"] = self.name
        shape = None if self.shape is None else drawn.rounded(drawn.written(self.shape), DIGITS)
        return {"type": "Feature", "id": self.id, "geometry": shape, "properties": said}


@dataclass(frozen=True)
class Overlay:
    """The parts of a scenario, in the order in which they were drawn."""

    parts: tuple[Part, ...] = field(default=())

    def document(self) -> dict[str, Any]:
        """The GeoJSON FeatureCollection that says it."""
        return {"type": "FeatureCollection", "features": [each.document() for each in self.parts]}

    @property
    def text(self) -> str:
        return json.dumps(self.document(), ensure_ascii=False, separators=(",", ":"))

    @property
    def ids(self) -> list[str]:
        """Those of features that are there without it."""
        return [each.id for each in self.parts if each.act != "add"]

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in degrees of all shapes; None where it has none."""
        shapes = [each.shape for each in self.parts if each.shape is not None]
        if not shapes:
            return None
        west, south, east, north = (float(each) for each in shapely.total_bounds(shapes))
        return west, south, east, north


def kinds(subject: str) -> dict[str, str]:
    """The kinds that something drawn may have, by value, as its layer names them; none for trees."""
    if subject not in USUAL_KINDS:
        return {}
    layer = reading.layer_of(reading.layer_name(subject))
    known = property_by_name(layer)["kind"].choices
    return {key: str(title) for key, title in known if subject != "streets" or key not in NO_PATHS}


def parse(text: str) -> Overlay:
    """A FeatureCollection as text; empty text says nothing. Raises QueryError: what is wrong, and with which one."""
    if not text.strip():
        return Overlay()
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise too_long()
    try:
        tree = parse_json(text)
    except JsonError as error:
        raise _refused(str(error)) from None
    return of_document(tree)


def too_long() -> QueryError:
    """What somebody is told whose drawing is larger than may be sent."""
    message = _("The drawing is longer than %d bytes: leave out corners or decimals.")
    return _refused(message % MOST_BYTES)


def of_document(tree: Any) -> Overlay:
    """A FeatureCollection that is parsed. Raises QueryError."""
    if not isinstance(tree, dict) or tree.get("type") != "FeatureCollection":
        raise _refused(_("A drawing is a GeoJSON FeatureCollection."))
    features = tree.get("features")
    if not isinstance(features, list):
        raise _refused(_("A FeatureCollection has features."))
    if len(features) > MOST_FEATURES:
        message = _("A drawing has at most %(most)d features; this one has %(count)d.")
        raise _refused(message % {"most": MOST_FEATURES, "count": len(features)})
    found: list[Part] = []
    taken: set[str] = set()
    for number, each in enumerate(features, 1):
        try:
            part = _part(each, taken)
        except (QueryError, GeometryError) as error:
            message = _("Feature %(number)d: %(what)s")
            raise _refused(message % {"number": number, "what": error}) from None
        taken.add(part.id)
        found.append(part)
    return Overlay(tuple(found))


def _part(feature: Any, taken: set[str]) -> Part:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _refused(_("It is no GeoJSON feature."))
    said = feature.get("properties") or {}
    if not isinstance(said, dict):
        raise _refused(_("Its properties are no object."))
    if unknown := sorted(set(map(str, said)) - PROPERTIES):
        message = _("It has no property %(name)s. It may have: %(names)s.")
        names = ", ".join(sorted(PROPERTIES))
        raise _refused(message % {"name": unknown[0][:80], "names": names})
    act, subject = _act(said), _subject(said)
    shape = _shape(feature.get("geometry"), subject)
    if act == "add" and shape is None:
        raise _refused(_("What is added has a geometry."))
    if act == "change" and subject == "trees":
        raise _refused(_("Trees are added and removed, not changed."))
    kind = _kind(said, act, subject)
    public = _public(said) if subject == "green" else None
    if act == "change" and shape is None and not kind and public is None:
        raise _refused(_("Nothing of it is changed: give it another geometry or kind."))
    return Part(
        act=act,
        subject=subject,
        id=_id(feature.get("id"), act, taken),
        shape=None if act == "remove" else shape,
        kind=kind,
        public_access=public,
        number=int(_number(said, "number", 1, MOST_TREES, whole=True) or 1),
        crown_m=_number(said, "crown_m", 0.1, WIDEST_CROWN) if subject == "trees" else None,
        name=_text(said, "name"),
    )


def _act(said: Mapping[str, Any]) -> Act:
    found = said.get("act", "add")
    for each in ACTS:
        if each == found:
            return each
    raise _refused(_("act is one of: %s.") % ", ".join(ACTS))


def _subject(said: Mapping[str, Any]) -> str:
    known = {reading.layer_name(each): each for each in SUBJECTS}
    found = said.get("layer", reading.layer_name("green"))
    if not isinstance(found, str) or found not in known:
        raise _refused(_("layer is one of: %s.") % ", ".join(known))
    return known[found]


def _shape(tree: Any, subject: str) -> shapely.Geometry | None:
    if tree is None:
        return None
    if subject in ("green", "gardens"):
        return drawn.area(tree, MOST_KM2, DIGITS)
    wanted = "Point" if subject == "trees" else "LineString"
    if not isinstance(tree, dict) or tree.get("type") != wanted:
        raise _refused(_("Its geometry is a GeoJSON %s.") % wanted)
    shape = shapely.transform(parse_geometry(tree, CRS84), lambda xy: xy.round(DIGITS))
    if wanted == "Point":
        return shape
    km = Geod(ellps="WGS84").geometry_length(shape) / 1000
    if km == 0:
        raise _refused(_("The path has no length."))
    if km > MOST_KM:
        message = _("The path is %(length).0f km long; it may be %(most).0f.")
        raise _refused(message % {"length": km, "most": MOST_KM})
    return shape


def _kind(said: Mapping[str, Any], act: Act, subject: str) -> str:
    known = kinds(subject)
    found = said.get("kind") or (USUAL_KINDS.get(subject, "") if act == "add" else "")
    if not known or act == "remove":
        return ""
    if found and (not isinstance(found, str) or found not in known):
        raise _refused(_("kind is one of: %s.") % ", ".join(known))
    return str(found)


def _public(said: Mapping[str, Any]) -> bool | None:
    found = said.get("public_access")
    if found is not None and not isinstance(found, bool):
        raise _refused(_("public_access is true, false or null."))
    return found


def _number(
    said: Mapping[str, Any], name: str, low: float, high: float, *, whole: bool = False
) -> float | None:
    found = said.get(name)
    if found is None:
        return None
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not is_number or not low <= found <= high or (whole and found != math.floor(found)):
        message = _("%(name)s is a number from %(low)g to %(high)g.")
        raise _refused(message % {"name": name, "low": low, "high": high})
    return float(found)


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name) or ""
    if not isinstance(found, str) or len(found) > MOST_NAME or not found.isprintable():
        message = _("%(name)s is a line of at most %(most)d characters.")
        raise _refused(message % {"name": name, "most": MOST_NAME})
    return found


def _id(given: Any, act: Act, taken: set[str]) -> str:
    if act == "add":
        number = len(taken) + 1
        usual = next(
            name for n in range(number, 2 * number + 1) if (name := f"new-{n}") not in taken
        )
        found = usual if given in (None, "") else str(given)
        if len(found) > 40 or not found.isprintable():
            raise _refused(_("Its id is longer than 40 characters."))
        if _uuid(found):
            # The id of something that is there would hide it.
            found = usual
    else:
        found = _uuid(given)
        if not found:
            raise _refused(_("What is changed or removed is named by the id of the feature."))
    if found in taken:
        raise _refused(_("Its id is that of another one, too."))
    return found


def _uuid(given: Any) -> str:
    """As features have it; empty text for anything else."""
    try:
        return str(uuid.UUID(given)) if isinstance(given, str) else ""
    except ValueError:
        return ""


def _refused(message: str) -> QueryError:
    return QueryError("overlay", message)
