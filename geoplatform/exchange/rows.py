"""Rows of a file made ready for the database, batch by batch; what cannot be used goes into the summary."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from django.db import models
from django.utils.translation import gettext as _

from geoplatform.catalog.licences import Licence
from geoplatform.catalog.models import Feature, Source
from geoplatform.exchange import geometry as geo
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.mapping import FieldRule, MunicipalityInfo
from geoplatform.exchange.plan import Plan
from geoplatform.exchange.references import References
from geoplatform.exchange.report import REPAIRED, REPORTED, Summary
from geoplatform.exchange.values import (
    Column,
    Fault,
    as_text,
    by_distinct,
    checked,
    clean,
    joined,
    spread,
    to_sql,
)
from geoplatform.formats.readers import GEOMETRY, Batch, Reader

Towns = dict[str | None, tuple[Feature, MunicipalityInfo]]


class Rows:
    """Prepares the batches of one file. Keys seen before are remembered across batches: the first row wins."""

    def __init__(
        self,
        plan: Plan,
        reader: Reader,
        source: Source,
        towns: Towns,
        summary: Summary,
        *,
        update: bool,
        strict: bool,
    ) -> None:
        self.plan, self.towns, self.summary, self.update = plan, towns, summary, update
        self.geometry = None if update else plan.layer.geometry
        self.crs = (
            geo.parse_crs(plan.mapping.file.crs or reader.crs or "EPSG:4326")
            if self.geometry
            else None
        )
        self.place = bool(towns) and any(
            each.name == "municipality" for each in plan.model._meta.concrete_fields
        )
        # What is the same in all rows is told once; the rest comes with the rows.
        self.same: dict[str, str | None] = {"licence": source.licence}
        self.varying: dict[str, tuple[models.Field[Any, Any], FieldRule]] = {}
        for name, (field, rule) in plan.fields.items():
            if rule.constant is not None and not rule.only_with:
                self.same[str(field.column)] = _constant(field, rule)
            else:
                self.varying[name] = (field, rule)
        if self.place and set(towns) == {None}:
            town, info = towns[None]
            self.same |= {
                "municipality_id": str(town.pk),
                "licence": info.licence or source.licence,
            }
        if self.geometry:
            self._check_geometry(reader)
        self.references = {
            name: References(field, rule, source, strict=strict)
            for name, (field, rule) in plan.fields.items()
            if isinstance(field, models.ForeignKey)
        }
        self.no_shape = reader.no_shape
        self.seen: set[str] = set()
        # Municipality (its id) and licence of rows that can be used.
        self.licences_seen: set[tuple[str, str]] = set()

    @property
    def mapped(self) -> list[str]:
        """All columns that the mapping fills, without geometry."""
        return [str(field.column) for field, _rule in self.plan.fields.values()]

    def _check_geometry(self, reader: Reader) -> None:
        file = self.plan.mapping.file
        field = self.plan.layer.geometry_field
        if not (reader.geometry or file.x or file.wkt) and field is not None and not field.null:
            raise LoadError(
                _(
                    "The file has no geometry; name its coordinate columns in the mapping: [file] x and y, or wkt."
                )
            )

    def prepare(self, batch: Batch) -> pa.Table:
        """The usable rows as columns of text: `row`, `source_key`, the mapped ones, the municipality."""
        self.summary.read += batch.table.num_rows
        batch = self._chosen(batch)
        table = batch.table
        usable = np.ones(table.num_rows, bool)
        ready: dict[str, pa.Array] = {}
        keys = self._keys(table)
        told: list[tuple[np.ndarray, str]] = []

        def report(faults: list[tuple[np.ndarray, str]]) -> None:
            for rows, reason in faults:
                self.summary.add(REPORTED, reason, batch.numbers[rows], _some(keys, rows))
                usable[rows] = False

        for name, (field, rule) in self.varying.items():
            column = self._column(table, name, field, rule)
            report(column.faults)
            told += column.told
            ready[str(field.column)] = column.texts
        self._leave_inherited(ready)
        towns = self._town_rows(table)
        if towns is not None:
            report(towns.faults)
            self._state_towns(ready, towns)
        if self.plan.mapping.licence:
            licences = _licences(as_text(table[self.plan.mapping.licence]))
            report(licences.faults)
            ready["licence"] = licences.texts
        if self.geometry:
            shapes = self._shapes(table, towns)
            report(shapes.faults)
            ready[self.geometry] = geo.to_hex(shapes)
            told += shapes.repaired
            for name, value in self.plan.model.with_geometry.items():
                ready.setdefault(name, self._with_geometry(name, value, ready[self.geometry]))
        if keys is None and not self.update:
            keys = self._made_keys(ready)
        if not self.update:
            report(self._key_faults(keys, usable))
        for rows, reason in told:
            rows = rows[usable[rows]]
            self.summary.add(REPAIRED, reason, batch.numbers[rows], _some(keys, rows))
        rows_of = {"row": pa.array(batch.numbers)}
        if keys is not None:
            rows_of["source_key"] = keys
        result = pa.table({**rows_of, **ready})
        if towns is not None:
            self._note_licences(towns.texts, ready.get("licence"), usable)
        return result if usable.all() else result.filter(pa.array(usable))

    def _state_towns(self, ready: dict[str, pa.Array], towns: Column) -> None:
        """Municipality and licence of each row, where they differ by row."""
        if not self.place or "municipality_id" in self.same:
            return
        ready["municipality_id"] = towns.texts
        licences = {
            str(town.pk): info.licence for town, info in self.towns.values() if info.licence
        }
        if licences:
            ready["licence"] = spread(
                *by_distinct(
                    towns.texts, lambda town: licences.get(town or "", self.same["licence"])
                )
            ).texts

    def _note_licences(
        self, towns: pa.Array, licences: pa.Array | None, usable: np.ndarray
    ) -> None:
        if licences is None:
            licences = pa.array([self.same["licence"]] * len(towns), pa.string())
        pairs = pa.table([towns, licences], ["town", "licence"]).filter(pa.array(usable))
        for each in pairs.group_by(["town", "licence"]).aggregate([]).to_pylist():
            if each["town"]:
                self.licences_seen.add((each["town"], each["licence"]))

    def _leave_inherited(self, ready: dict[str, pa.Array]) -> None:
        """Blank what the row that a feature refers to says as well, so that it goes on following that row."""
        for field, rule in self.varying.values():
            if rule.unless is None:
                continue
            key, _dunder, name = rule.unless.partition("__")
            reference = self.plan.fields[key][0]
            said = _said_by(reference, name, ready[str(reference.column)])
            texts = ready[str(field.column)]
            same = pc.fill_null(pc.equal(texts, said), False)
            ready[str(field.column)] = pc.if_else(same, pa.scalar(None, pa.string()), texts)

    def _with_geometry(self, name: str, value: object, shapes: pa.Array) -> pa.Array:
        """What follows from a row's geometry; without one the field's default."""
        default = self.plan.model._meta.get_field(name).get_default()  # type: ignore[union-attr]
        return pc.if_else(pc.is_valid(shapes), to_sql(value), to_sql(default))

    def _chosen(self, batch: Batch) -> Batch:
        """Rows that are of this layer, by the mapping's `where` and `where_not`."""
        keep = np.ones(batch.table.num_rows, bool)
        for choice, wanted in (
            (self.plan.mapping.where, True),
            (self.plan.mapping.where_not, False),
        ):
            for column, values in choice.items():
                among = pc.is_in(as_text(batch.table[column]), pa.array(values, pa.string()))
                keep &= among.to_numpy(zero_copy_only=False) == wanted
        if keep.all():
            return batch
        self.summary.filtered += int((~keep).sum())
        return Batch(batch.table.filter(pa.array(keep)), batch.numbers[keep])

    def _column(
        self, table: pa.Table, name: str, field: models.Field[Any, Any], rule: FieldRule
    ) -> Column:
        if rule.constant is not None:
            column = Column(pa.array([_constant(field, rule)] * table.num_rows, pa.string()), [])
        else:
            texts = joined(table, rule.columns, rule.join)
            if name in self.references:
                column = self.references[name].column(table, texts)
            else:
                column = spread(*by_distinct(texts, lambda text: clean(text, rule, field)))
        if rule.only_with:
            there = pc.is_valid(as_text(table[rule.only_with]))
            column.texts = pc.if_else(there, column.texts, pa.scalar(None, pa.string()))
        return column

    def _town_rows(self, table: pa.Table) -> Column | None:
        """The municipality's id of each row."""
        place = self.plan.mapping.place
        if place is None:
            return None
        if place.column is None:
            town = str(self.towns[None][0].pk)
            return Column(pa.array([town] * table.num_rows, pa.string()), [])

        def find(text: str | None) -> str | Fault | None:
            if text is None and place.optional:
                return None
            if text not in self.towns:
                return Fault(
                    _("no municipality for %(value)s in the mapping") % {"value": text or "–"}
                )
            return str(self.towns[text][0].pk)

        return spread(*by_distinct(as_text(table[place.column]), find))

    def _shapes(self, table: pa.Table, towns: Column | None) -> geo.Shapes:
        file, layer = self.plan.mapping.file, self.plan.layer
        assert self.crs is not None
        assert layer.geometry_type is not None
        bad = np.zeros(table.num_rows, bool)
        if file.x and file.y:
            x, no_x = _numbers(as_text(table[file.x]), file.decimal)
            y, no_y = _numbers(as_text(table[file.y]), file.decimal)
            shapes, bad = geo.from_xy(x, y), no_x | no_y
        elif file.wkt:
            shapes = geo.from_wkt(np.array(as_text(table[file.wkt]).to_pylist(), object))
        elif GEOMETRY in table.column_names:
            shapes = geo.from_wkb(table[GEOMETRY].combine_chunks())
        else:
            shapes = geo.Shapes(np.full(table.num_rows, None, object))
        if bad.any():
            shapes.faults.append((np.flatnonzero(bad), _("coordinates are no numbers")))
        optional = layer.geometry_field is not None and layer.geometry_field.null
        if self.no_shape:
            missing = shapely.is_missing(shapes.geometries)
            shapes.drop(missing, self.no_shape)
        geo.prepare(shapes, kind=layer.geometry_type, crs=self.crs, optional=optional)
        if towns is not None:
            self._drop_far(shapes, towns)
        return shapes

    def _drop_far(self, shapes: geo.Shapes, towns: Column) -> None:
        by_id = {str(town.pk): town for town, _info in self.towns.values()}
        for key in pc.unique(towns.texts).to_pylist():
            if key:
                rows = pc.fill_null(pc.equal(towns.texts, key), False).to_numpy(
                    zero_copy_only=False
                )
                geo.drop_far(shapes, rows, by_id[key].metric_srid)  # type: ignore[attr-defined]

    def _keys(self, table: pa.Table) -> pa.Array | None:
        """The source's own id of each row: its key columns with slashes between."""
        columns = self.plan.key
        if self.update:
            return None
        if not columns:
            reference = self.plan.model.reference
            unique = self.plan.identity and self.plan.model._meta.get_field(reference).unique  # type: ignore[union-attr]
            if not (unique and reference in self.plan.fields):
                return None
            field, rule = self.plan.fields[reference]
            return self._column(table, reference, field, rule).texts
        texts = [as_text(table[name]) for name in columns]
        needed = [
            text
            for name, text in zip(columns, texts, strict=True)
            if name not in self.plan.mapping.key_may_lack
        ]
        keys = pc.binary_join_element_wise(*[pc.fill_null(text, "") for text in texts], "/")
        for text in needed:
            keys = pc.if_else(pc.is_valid(text), keys, pa.scalar(None, pa.string()))
        return keys

    def _made_keys(self, ready: dict[str, pa.Array]) -> pa.Array:
        """Without an id of its own a row is known by its content, so that the same file loaded again adds nothing."""
        rows = zip(*[column.to_pylist() for column in ready.values()], strict=True)
        return pa.array(
            [hashlib.blake2b(repr(row).encode(), digest_size=16).hexdigest() for row in rows],
            pa.string(),
        )

    def _key_faults(self, keys: pa.Array, usable: np.ndarray) -> list[tuple[np.ndarray, str]]:
        """Rows without a key, and rows whose key a usable row before them has."""
        rows = np.flatnonzero(usable)
        texts = keys.take(pa.array(rows))
        there = texts.is_valid().to_numpy(zero_copy_only=False)
        missing, rows, texts = rows[~there], rows[there], texts.drop_null()
        indices = texts.dictionary_encode().indices.to_numpy()
        first = np.zeros(len(rows), bool)
        first[np.unique(indices, return_index=True)[1]] = True
        distinct = set(texts.filter(pa.array(first)).to_pylist())
        if before := self.seen & distinct:
            known = pc.is_in(texts, pa.array(list(before), pa.string()))
            first &= ~known.to_numpy(zero_copy_only=False)
        self.seen |= distinct
        found = [(missing, _("no key")), (rows[~first], _("key already seen in this file"))]
        return [(rows, reason) for rows, reason in found if len(rows)]


def _licences(texts: pa.Array) -> Column:
    def known(text: str | None) -> str | Fault:
        if text in Licence.values:
            return str(text)
        return Fault(
            _("licence: %(value)s is none of %(known)s")
            % {"value": text or "–", "known": ", ".join(Licence.values)}
        )

    return spread(*by_distinct(texts, known))


def _said_by(reference: models.Field[Any, Any], name: str, ids: pa.Array) -> pa.Array:
    """The values of a field of the rows that a foreign key leads to, as texts for the database."""
    related: Any = reference.related_model
    wanted = [each for each in pc.unique(ids).to_pylist() if each]
    rows = related._default_manager.filter(pk__in=wanted).values_list("pk", name)
    known = {str(pk): to_sql(value) for pk, value in rows}
    return spread(*by_distinct(ids, lambda id: known.get(id or ""))).texts


def _constant(field: models.Field[Any, Any], rule: FieldRule) -> str | None:
    """The constant of a rule as text. Raises LoadError where the field cannot hold it."""
    value = checked(rule.constant, rule, field)
    if isinstance(value, Fault):
        raise LoadError(value.reason)
    return to_sql(value)


def _some(keys: pa.Array | None, rows: np.ndarray) -> list[str | None]:
    return keys.take(pa.array(rows)).to_pylist() if keys is not None else [None] * len(rows)


def _numbers(texts: pa.Array, decimal: str) -> tuple[np.ndarray, np.ndarray]:
    """Floats (NaN where blank), and which texts are no numbers."""
    if decimal != ".":
        texts = pc.replace_substring(pc.replace_substring(texts, ".", ""), decimal, ".")
    numeric = pc.match_substring_regex(texts, r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
    wrong = pc.invert(pc.fill_null(numeric, True))
    values = pc.if_else(pc.fill_null(numeric, False), texts, pa.scalar(None, pa.string())).cast(
        pa.float64()
    )
    return pc.fill_null(values, float("nan")).to_numpy(zero_copy_only=False), wrong.to_numpy(
        zero_copy_only=False
    )
