"""A mapping file: how the columns of somebody's file become the fields of a layer.

TOML, read into frozen dataclasses. A key or a value that does not belong is told with the file and the key, before
anything is loaded. docs/reference/mapping.md describes every key.
"""

import csv
import datetime
import tomllib
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from geoplatform.catalog.licences import Licence

# Length units, in metres.
UNITS = {"mm": 0.001, "cm": 0.01, "dm": 0.1, "m": 1.0, "km": 1000.0, "in": 0.0254, "ft": 0.3048}


class MappingError(Exception):
    """The mapping is wrong. The message names file and key."""


@dataclass(frozen=True)
class SourceInfo:
    """Whose data these are. One source may span several files, which then share keys."""

    name: str
    title: str
    licence: str
    publisher: str = ""
    url: str = ""
    attribution: str = ""
    as_of: datetime.date | None = None


@dataclass(frozen=True)
class MunicipalityInfo:
    """The municipality that features belong to where no outline says otherwise; created when missing."""

    ags: str
    name: str
    metric_srid: int
    quarter_kind: str = "Stadtteil"
    licence: str | None = None


@dataclass(frozen=True)
class Place:
    """One municipality for the whole file (`values[None]`), or one for each value of `column`.

    optional  whether a row may have no value there, and then states none
    """

    column: str | None
    values: Map[str | None, MunicipalityInfo]
    optional: bool = False


@dataclass(frozen=True)
class FileInfo:
    """How to read the file, where it does not say so itself."""

    crs: str | None = None
    encoding: str | None = None
    separator: str | None = None
    layer: str | None = None
    x: str | None = None
    y: str | None = None
    wkt: str | None = None
    decimal: str = "."


@dataclass(frozen=True)
class FieldRule:
    """Where the values of one field come from, and what is done to them, in this order.

    columns, join   values of these columns, blanks left out, joined
    convert         a conversion by name (`conversions.py`)
    values          value table; `otherwise` for what is not in it (default: the value itself)
    decimal         the decimal sign of numbers
    factor          numbers are multiplied by it; `unit = ["cm", "m"]` says it in words
    format          of dates (as strptime), or `dd/mm` to a half month
    default         for blanks
    constant        instead of all that
    only_with       a column that must have a value, else this field is blank
    also            for a reference to a table that makes missing rows: its fields from further columns
    by              for a reference to another table: the field there that the value is of, instead of its own key
    lenient         a value that the field cannot hold is left blank and told; the row is loaded all the same
    unless          a path (`species__edible`): the field is left blank where the row that it leads to says the same.
                    No mapping file says it; it follows from the declaration (own.py)
    """

    columns: tuple[str, ...] = ()
    join: str = " "
    convert: str | None = None
    values: Map[str, Any] | None = None
    otherwise: Any = None
    decimal: str | None = None
    factor: float | None = None
    format: str | None = None
    default: Any = None
    constant: Any = None
    only_with: str | None = None
    also: Map[str, str] = field(default_factory=dict)
    by: str | None = None
    lenient: bool = False
    unless: str | None = None


@dataclass(frozen=True)
class Mapping:
    """A whole mapping file. `where` and `where_not` choose rows by their columns' values.

    complete  the file names everything that the source has in this layer, so that what it lacks is gone
    licence  a column that tells the licence of each row, where it is not that of source or municipality (own.py)
    """

    source: SourceInfo
    place: Place | None = None
    file: FileInfo = FileInfo()
    key: tuple[str, ...] = ()
    key_may_lack: tuple[str, ...] = ()
    fields: Map[str, FieldRule] | None = None
    where: Map[str, tuple[str, ...]] = field(default_factory=dict)
    where_not: Map[str, tuple[str, ...]] = field(default_factory=dict)
    match: tuple[str, ...] = ()
    complete: bool = False
    licence: str | None = None

    def columns(self) -> set[str]:
        """All columns of the file that the mapping reads."""
        named = {*self.key, *self.key_may_lack, *self.where, *self.where_not}
        named |= {each for each in (self.file.x, self.file.y, self.file.wkt) if each}
        if self.place and self.place.column:
            named.add(self.place.column)
        if self.licence:
            named.add(self.licence)
        for rule in (self.fields or {}).values():
            named |= {*rule.columns, *rule.also.values()}
            if rule.only_with:
                named.add(rule.only_with)
        return named


def read_mapping(path: Path) -> Mapping:
    """Read and check a mapping file. Raises MappingError."""
    top = read_toml(path)
    mapping = mapping_of(top, path)
    top.done()
    return mapping


def mapping_of(top: "Section", path: Path) -> Mapping:
    """The mapping in a file that may say more. Raises MappingError."""
    source = top.section("source")
    if source is None:
        raise top.wrong("source", _("is missing: name, title and licence of the data"))
    licence = source.text("licence", needed=True)
    mapping = Mapping(
        source=SourceInfo(
            name=source.text("name", needed=True),
            title=source.text("title", needed=True),
            licence=_licence(source, licence),
            publisher=source.text("publisher"),
            url=source.text("url"),
            attribution=source.text("attribution"),
            as_of=source.take("as_of", datetime.date),
        ),
        place=_place(top.section("municipality")),
        file=_file(top.section("file")),
        key=top.texts("key"),
        key_may_lack=top.texts("key_may_lack"),
        fields=read_fields(top.section("fields"), path),
        where=_values(top.section("where")),
        where_not=_values(top.section("where_not")),
        match=top.texts("match"),
        complete=top.take("complete", bool, default=False),
    )
    source.done()
    return mapping


def read_toml(path: Path) -> "Section":
    """The whole of a TOML file. Raises MappingError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MappingError(_("%(file)s: there is no such mapping.") % {"file": path}) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise MappingError(_("%(file)s: %(reason)s") % {"file": path, "reason": error}) from None
    return Section(path, "", data)


def _licence(section: "Section", value: str) -> str:
    if value not in Licence.values:
        raise section.wrong(
            "licence",
            _("%(value)s is none of %(known)s")
            % {"value": value, "known": ", ".join(Licence.values)},
        )
    return value


def _place(section: "Section | None") -> Place | None:
    if section is None:
        return None
    column = section.text("column") or None
    if column is None:
        info = _municipality(section)
        section.done()
        return Place(None, {None: info})
    table = section.section("values")
    if table is None:
        raise section.wrong(
            "values", _("is missing: one municipality for each value of the column")
        )
    found: dict[str | None, MunicipalityInfo] = {}
    for value in table.names():
        each = table.section(value)
        assert each is not None
        found[value] = _municipality(each)
        each.done()
    section.done()
    return Place(column, found)


def _municipality(section: "Section") -> MunicipalityInfo:
    licence = section.text("licence") or None
    return MunicipalityInfo(
        ags=section.text("ags", needed=True),
        name=section.text("name", needed=True),
        metric_srid=section.take("metric_srid", int, needed=True),
        quarter_kind=section.text("quarter_kind") or "Stadtteil",
        licence=_licence(section, licence) if licence else None,
    )


def _file(section: "Section | None") -> FileInfo:
    if section is None:
        return FileInfo()
    names = ("crs", "encoding", "separator", "layer", "x", "y", "wkt")
    info = FileInfo(
        **{name: section.text(name) or None for name in names},
        decimal=section.text("decimal") or ".",
    )
    if bool(info.x) != bool(info.y):
        raise section.wrong("x", _("needs y beside it, and y needs x"))
    section.done()
    return info


def read_fields(section: "Section | None", path: Path) -> dict[str, FieldRule] | None:
    """The rules of the section `fields`. Raises MappingError."""
    if section is None:
        return None
    return {name: _rule(section, name, path) for name in section.names()}


def _rule(fields: "Section", name: str, path: Path) -> FieldRule:
    """`name = "column"` for short, else a table."""
    value = fields.data.get(name)
    if isinstance(value, str):
        fields.used.add(name)
        return FieldRule(columns=(value,))
    section = fields.section(name)
    assert section is not None
    columns = section.texts("columns") or section.texts("column")
    constant = section.take("constant", object)
    if bool(columns) == (constant is not None):
        raise section.wrong("column", _("give a column, several columns, or a constant"))
    factor = section.take("factor", (int, float))
    if unit := section.texts("unit"):
        if len(unit) != 2 or not set(unit) <= set(UNITS):
            raise section.wrong(
                "unit",
                _("two units, of the file and of the field, of %(known)s")
                % {"known": ", ".join(UNITS)},
            )
        factor = UNITS[unit[0]] / UNITS[unit[1]]
    also = section.section("also")
    rule = FieldRule(
        columns=columns,
        join=section.take("join", str, default=" "),
        convert=section.text("convert") or None,
        values=_value_table(section, path),
        otherwise=section.take("otherwise", object),
        decimal=section.text("decimal") or None,
        factor=factor,
        format=section.text("format") or None,
        default=section.take("default", object),
        constant=constant,
        only_with=section.text("only_with") or None,
        also={each: also.text(each, needed=True) for each in also.names()} if also else {},
        by=section.text("by") or None,
        lenient=section.take("lenient", bool, default=False),
    )
    section.done()
    return rule


def _value_table(section: "Section", path: Path) -> Map[str, Any] | None:
    """`values = {a = "b"}`, or the name of a two-column CSV file beside the mapping."""
    value = section.take("values", (dict, str))
    if not isinstance(value, str):
        return value
    try:
        with (path.parent / value).open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.reader(lines))[1:]
        return {row[0]: row[1] for row in rows if row}
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise section.wrong("values", str(error)) from None


def _values(section: "Section | None") -> dict[str, tuple[str, ...]]:
    return {name: section.texts(name) for name in section.names()} if section else {}


class Section:
    """One table of the file; whoever takes a key has checked its type, and `done` tells the keys nobody took."""

    def __init__(self, path: Path, name: str, data: dict[str, Any]) -> None:
        self.path, self.name, self.data = path, name, data
        self.used: set[str] = set()

    def wrong(self, key: str, what: str) -> MappingError:
        where = f"{self.name}.{key}" if self.name else key
        return MappingError(
            _("%(file)s, %(key)s: %(what)s") % {"file": self.path, "key": where, "what": what}
        )

    def names(self) -> list[str]:
        return list(self.data)

    def take(self, key: str, kind: Any, *, needed: bool = False, default: Any = None) -> Any:
        self.used.add(key)
        value = self.data.get(key, default)
        if value is None:
            if needed:
                raise self.wrong(key, _("is missing"))
            return None
        # TOML's true is Python's bool, which is an int too; a date-time is a date too.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            raise self.wrong(key, _("%(value)r is of the wrong kind") % {"value": value})
        return value

    def text(self, key: str, *, needed: bool = False) -> str:
        return self.take(key, str, needed=needed) or ""

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or a list of texts."""
        value = self.take(key, (str, list))
        values = [value] if isinstance(value, str) else value or []
        if not all(isinstance(each, str) for each in values):
            raise self.wrong(key, _("is a list of texts"))
        return tuple(values)

    def section(self, key: str) -> "Section | None":
        value = self.take(key, dict)
        name = f"{self.name}.{key}" if self.name else key
        return None if value is None else Section(self.path, name, value)

    def done(self) -> None:
        for key in sorted(set(self.data) - self.used):
            raise self.wrong(
                key,
                _("is no key of this section; there are %(known)s")
                % {"known": ", ".join(sorted(self.used))},
            )
