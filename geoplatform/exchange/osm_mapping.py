"""What OpenStreetMap's tags mean for a layer: one TOML file per layer in `fixtures/mappings/osm/`.

The fields are mapped as those of any file are; the section `osm` says which objects are taken. Their geometry type is
the layer's own, and source, key and municipality are the same for all, so no file says them. docs/reference/osm.md.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.exchange.mapping import (
    FieldRule,
    Mapping,
    MappingError,
    Place,
    Section,
    SourceInfo,
    read_fields,
    read_toml,
)
from geoplatform.formats.osm import ID, TAKEN, Selection
from geoplatform.formats.osm_tags import WrongCondition, parse

FOLDER: Path = settings.BASE_DIR / "fixtures" / "mappings" / "osm"
KINDS = {0: "point", 1: "line", 2: "area"}
TOWN, WITHIN, METRIC_CRS = "@municipality", "@within", "@metric_crs"
SOURCE = SourceInfo(
    name="openstreetmap",
    title="OpenStreetMap",
    licence=Licence.ODBL,
    publisher="OpenStreetMap",
    url="https://www.openstreetmap.org/copyright",
    attribution="© OpenStreetMap-Mitwirkende",
)


@dataclass(frozen=True, eq=False)
class OsmMapping:
    """One file. `within` names the layer whose areas hold this one's features: their key is the column `@within`."""

    path: Path
    layer: Layer
    selection: Selection
    fields: Map[str, FieldRule]
    within: str | None

    @property
    def columns(self) -> list[str]:
        said = [*self.selection.say, *self.selection.learn]
        return [ID, TAKEN, *said, *self.selection.tags, TOWN, WITHIN, METRIC_CRS]

    def mapping(self, place: Place | None) -> Mapping:
        """As the importer takes it."""
        return Mapping(source=SOURCE, place=place, key=(ID,), fields=self.fields)


def read_mappings(folder: Path = FOLDER) -> list[OsmMapping]:
    """All mappings of layers that this installation has; what others lie within comes first. Raises MappingError."""
    found = [each for path in sorted(folder.glob("*.toml")) if (each := _read(path)) is not None]
    if not found:
        raise MappingError(_("%(file)s: there is no such mapping.") % {"file": folder / "*.toml"})
    return sorted(found, key=lambda each: (each.layer.role is None, each.within is not None))


def _read(path: Path) -> OsmMapping | None:
    top = read_toml(path)
    layer = registry.get(top.text("layer", needed=True))
    if layer is None:  # an installation may have left a layer out
        return None
    if layer.dimension < 0:
        raise top.wrong("layer", _("has no geometry"))
    osm = top.section("osm")
    if osm is None:
        raise top.wrong("osm", _("is missing: which objects are taken"))
    fields = read_fields(top.section("fields"), path) or {}
    top.done()
    take = _table(osm.section("take"))
    if not take:
        raise osm.wrong("take", _("is missing: which objects are taken"))
    leave = osm.texts("leave")
    _check(osm, "leave", leave)
    say_section = osm.section("say")
    say = (
        {f"@{name}": _table(say_section.section(name)) for name in say_section.names()}
        if say_section
        else {}
    )
    learn = _learn(osm.section("learn"))
    within = osm.text("within") or None
    osm.done()
    named = Mapping(source=SOURCE, fields=fields).columns()
    made = {ID, TAKEN, TOWN, WITHIN, METRIC_CRS, *say, *learn}
    if unknown := sorted(each for each in named - made if each.startswith("@")):
        raise top.wrong(
            "fields",
            _("there is no column %(name)s; there are %(known)s")
            % {"name": ", ".join(unknown), "known": ", ".join(sorted(made))},
        )
    tags = {each for each in named if not each.startswith("@")}
    tags |= {tag for pair in learn.values() for tag in pair}
    selection = Selection(
        geometry=KINDS[layer.dimension],
        take=take,
        leave=leave,
        say=say,
        tags=tuple(sorted(tags)),
        learn=learn,
    )
    return OsmMapping(path, layer, selection, fields, within)


def _table(section: Section | None) -> dict[str, str]:
    """Condition -> value, the first that holds decides."""
    if section is None:
        return {}
    table = {name: section.text(name, needed=True) for name in section.names()}
    _check(section, "", table)
    return table


def _check(section: Section, key: str, conditions: Any) -> None:
    for each in conditions:
        try:
            parse(each)
        except WrongCondition:
            raise section.wrong(
                key or each, _("%(value)r is no condition on tags") % {"value": each}
            ) from None


def _learn(section: Section | None) -> dict[str, tuple[str, str]]:
    """`name = { tag = "species", by = "species:wikidata" }`"""
    found: dict[str, tuple[str, str]] = {}
    if section is None:
        return found
    for name in section.names():
        each = section.section(name)
        assert each is not None
        found[f"@{name}"] = (each.text("tag", needed=True), each.text("by", needed=True))
        each.done()
    return found
