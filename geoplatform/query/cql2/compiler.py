"""From the tree of a filter to one condition. Names are looked up in what the layer shows; nothing else is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from geoplatform.catalog.facets import Facet, facets
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, property_by_name
from geoplatform.query.cql2 import scalars, seasons, spatial, times
from geoplatform.query.cql2.terms import Kind, Own, Path, Refusal, Term, joined, kind_name, term
from geoplatform.query.crs import Crs

Arguments = list[Any]
ID = "id"
GEOMETRY = "geometry"


def queryable(layer: Layer) -> dict[str, Property | Own]:
    """All names that a filter on this layer may use."""
    found: dict[str, Property | Own] = {ID: Own("id")}
    if layer.geometry:
        found |= {GEOMETRY: Own(layer.geometry), layer.geometry: Own(layer.geometry)}
    return {
        **found,
        **{each.name: Own(each.value.column) for each in masks(layer)},
        **property_by_name(layer),
    }


def masks(layer: Layer) -> list[Facet]:
    """The layer's seasons."""
    return [each for each in facets(layer) if each.is_mask]


def kind_of(each: Property) -> Kind:
    """What the values of a property are compared with."""
    match each.json_type, each.format:
        case "boolean", _format:
            return "boolean"
        case (("integer" | "number"), _format):
            return "number"
        case _type, "date":
            return "date"
        case _type, "date-time":
            return "timestamp"
        case _type, "uuid":
            return "uuid"
    return "text"


@dataclass(frozen=True)
class Compiler:
    """Reads one tree. Geometries in it have their coordinates in `crs`."""

    layer: Layer
    crs: Crs

    def condition(self, tree: Any) -> Term:
        """The condition that the tree means. Raises Refusal with the path to what is wrong."""
        return self._of_kind("boolean", tree, ())

    def value(self, node: Any, path: Path) -> Term:
        """Any expression that has one value."""
        match node:
            case bool() | str() | int() | float():
                return scalars.literal(node, path)
            case {"property": name, **rest} if not rest:
                return self._property(name, path)
            case {"date": text, **rest} if not rest:
                return times.date(text, path)
            case {"timestamp": text, **rest} if not rest:
                return times.timestamp(text, path)
            case {"op": str(op), "args": list(args), **rest} if not rest:
                return self._operation(op.lower(), args, path)
            case None:
                raise Refusal(path, _("Nothing equals NULL; write IS NULL."))
            case dict() if spatial.is_geometry(node):
                return spatial.literal(node, self.crs, path)
            case {"interval": _ends}:
                raise Refusal(path, _("An interval stands only in functions such as T_INTERSECTS."))
            case list():
                raise Refusal(
                    path, _("A list stands only after IN and in functions such as A_OVERLAPS.")
                )
        raise Refusal(path, _("This is no expression of CQL2."))

    def _property(self, name: Any, path: Path) -> Term:
        known = queryable(self.layer)
        found = known.get(name) if isinstance(name, str) else None
        if found is None:
            raise Refusal(
                path,
                _("There is no property %(name)s. This layer has: %(names)s.")
                % {"name": str(name)[:80], "names": ", ".join(sorted(known))},
            )
        if isinstance(found, Property):
            return Term(kind_of(found), (found,))
        if name in {each.name for each in masks(self.layer)}:
            return Term("season", (found,))
        return Term("uuid" if name == ID else "geometry", (found,))

    def _of_kind(self, kind: Kind, node: Any, path: Path) -> Term:
        found = self.value(node, path)
        if found.kind != kind:
            raise Refusal(
                path,
                _("Here stands %(kind)s, and %(wanted)s is expected.")
                % {"kind": kind_name(found.kind), "wanted": kind_name(kind)},
            )
        return found

    def _operation(self, op: str, args: Arguments, path: Path) -> Term:
        """Dispatches by operator."""
        if op in {"and", "or"}:
            return self._logical(op, args, path)
        count, read = self._operators().get(op, (0, None))
        if read is None:
            raise Refusal(path, _("There is no function %s here.") % op[:80].upper())
        if len(args) != count:
            raise Refusal(
                path,
                _("%(name)s takes %(count)d arguments.") % {"name": op.upper(), "count": count},
            )
        return read(op, args, path)

    def _operators(self) -> dict[str, tuple[int, Callable[[str, Arguments, Path], Term]]]:
        """How many arguments each operator takes, and who reads them."""
        return {
            "not": (1, self._not),
            "isnull": (1, self._is_null),
            "like": (2, self._like),
            "between": (3, self._between),
            "in": (2, self._in),
            "casei": (1, self._fold),
            "accenti": (1, self._fold),
            spatial.DISTANCE: (3, self._distance),
            **dict.fromkeys(scalars.COMPARISONS, (2, self._compare)),
            **dict.fromkeys([*scalars.ARITHMETIC, "^"], (2, self._calculate)),
            **dict.fromkeys(spatial.RELATIONS, (2, self._spatial)),
            **dict.fromkeys(times.RELATIONS, (2, self._temporal)),
            **dict.fromkeys(seasons.RELATIONS, (2, self._array)),
        }

    def _values(self, args: Arguments, path: Path) -> list[Term]:
        return [self.value(each, (*path, "args", n)) for n, each in enumerate(args)]

    def _logical(self, op: str, args: Arguments, path: Path) -> Term:
        if len(args) < 2:
            raise Refusal(path, _("%s joins two conditions or more.") % op.upper())
        inner = [self._of_kind("boolean", each, (*path, "args", n)) for n, each in enumerate(args)]
        return joined("({})", f" {op.upper()} ", inner)

    def _not(self, op: str, args: Arguments, path: Path) -> Term:
        return term("boolean", "(NOT {})", self._of_kind("boolean", args[0], (*path, "args", 0)))

    def _is_null(self, op: str, args: Arguments, path: Path) -> Term:
        return term("boolean", "({} IS NULL)", *self._values(args, path))

    def _compare(self, op: str, args: Arguments, path: Path) -> Term:
        left, right = self._values(args, path)
        return scalars.compare(op, left, right, path)

    def _between(self, op: str, args: Arguments, path: Path) -> Term:
        value, low, high = self._values(args, path)
        return scalars.between(value, low, high, path)

    def _in(self, op: str, args: Arguments, path: Path) -> Term:
        value = self.value(args[0], (*path, "args", 0))
        # One value in brackets is a group to the parser of the text, and so comes alone.
        items = args[1] if isinstance(args[1], list) else [args[1]]
        if not items:
            raise Refusal((*path, "args", 1), _("A list holds one value or more."))
        inner = [self.value(each, (*path, "args", 1, n)) for n, each in enumerate(items)]
        return scalars.among(value, inner, path)

    def _like(self, op: str, args: Arguments, path: Path) -> Term:
        value = self.value(args[0], (*path, "args", 0))
        return scalars.like(value, self._pattern(args[1], (*path, "args", 1), ()), path)

    def _pattern(self, node: Any, path: Path, around: tuple[str, ...]) -> Term:
        """A text, as it is or within CASEI and ACCENTI."""
        match node:
            case str():
                return scalars.pattern(node, path, accents="accenti" in around)
            case {"op": str(op), "args": [inner], **rest} if not rest and op.lower() in FOLDS:
                found = self._pattern(inner, (*path, "args", 0), (*around, op.lower()))
                return scalars.fold(FOLDS[op.lower()], found, path)
        raise Refusal(path, _("A pattern is a text, or one within CASEI or ACCENTI."))

    def _fold(self, op: str, args: Arguments, path: Path) -> Term:
        return scalars.fold(FOLDS[op], self._values(args, path)[0], path)

    def _calculate(self, op: str, args: Arguments, path: Path) -> Term:
        left, right = self._values(args, path)
        return scalars.calculate(op, left, right, path)

    def _geometries(self, args: Arguments, path: Path) -> list[Term]:
        return [self._of_kind("geometry", each, (*path, "args", n)) for n, each in enumerate(args)]

    def _spatial(self, op: str, args: Arguments, path: Path) -> Term:
        left, right = self._geometries(args, path)
        return spatial.relation(op, left, right, path)

    def _distance(self, op: str, args: Arguments, path: Path) -> Term:
        left, right = self._geometries(args[:2], path)
        metres = self._of_kind("number", args[2], (*path, "args", 2))
        return spatial.within_distance(left, right, metres, path)

    def _temporal(self, op: str, args: Arguments, path: Path) -> Term:
        left, right = (self._span(each, (*path, "args", n)) for n, each in enumerate(args))
        return times.relation(op, left, right, path)

    def _array(self, op: str, args: Arguments, path: Path) -> Term:
        places = [(*path, "args", n) for n in range(2)]
        # What is no list of this layer's is refused before what would be wrong in the other list.
        named = [
            None if isinstance(each, list) else self._of_kind("season", each, place)
            for each, place in zip(args, places, strict=True)
        ]
        left, right = (
            found or seasons.literal(each, place)
            for found, each, place in zip(named, args, places, strict=True)
        )
        return term("boolean", seasons.RELATIONS[op], left, right)

    def _span(self, node: Any, path: Path) -> times.Span:
        match node:
            case {"interval": [start, end], **rest} if not rest:
                ends = [
                    self._end(each, (*path, "interval", n)) for n, each in enumerate((start, end))
                ]
                return times.span(ends[0], ends[1], path)
        found = self.value(node, path)
        if found.kind not in {"date", "timestamp"}:
            raise Refusal(
                path, _("A time is expected here, and this is %s.") % kind_name(found.kind)
            )
        return times.Span(found.kind, found, found, instant=True)

    def _end(self, node: Any, path: Path) -> Term | None:
        if isinstance(node, str):
            return None if node == times.OPEN else times.instant_of(node, path)
        return self.value(node, path)


FOLDS = {"casei": scalars.CASE, "accenti": scalars.ACCENT}
