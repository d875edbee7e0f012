"""What follows of a contribution: feature and proposal, written together by one statement."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.db import models
from django.db.models import NOT_PROVIDED
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.contributions.models import Proposal
from geoplatform.contributions.statements import ask, inside, place_of, quoted
from geoplatform.contributions.values import column, hex_of
from geoplatform.database import reading
from geoplatform.history.upkeep import upkeep_of
from geoplatform.query.stored import text_of_row


@dataclass(frozen=True)
class Written:
    """A feature after it was written; of a deleted one the last version.

    text  its GeoJSON, as readers get it (query/geojson.py), where that was asked for and it is still in its layer
    """

    version: int
    changeset: int
    municipality: uuid.UUID | None
    quarter: uuid.UUID | None
    in_layer: bool
    text: bytes | None = None


def add(layer: Layer, made: models.Model, note: Proposal | None = None) -> Written:
    """Insert a feature and, beside it, the proposal that asked for it."""
    values = {
        f"f_{each.column}": _stored(each, getattr(made, each.attname)) for each in _inserted(layer)
    }
    return _write(_add_sql(layer, note is not None), {**values, **_note(note)})


def change(
    layer: Layer, feature: uuid.UUID, values: dict[str, Any], note: Proposal | None = None
) -> Written:
    """Write columns' values by field name (also `status`, `last_confirmed`) into a feature that is locked."""
    statement = _change_sql(layer, tuple(sorted(values)), note is not None)
    given = {f"f_{name}": value for name, value in values.items()}
    return _write(statement, {**given, "target": feature, **_note(note)})


@dataclass(frozen=True)
class Seen:
    """What a write that is a transaction of its own rests on: version and municipality (id) as they were looked at."""

    version: int
    municipality: uuid.UUID | None


def change_at_once(
    layer: Layer,
    feature: uuid.UUID,
    values: dict[str, Any],
    note: Proposal,
    *,
    seen: Seen,
    actor: str,
    told: bool,
) -> Written | None:
    """The same as `change`, locked, written and committed by one statement outside of any transaction, as a changeset
    of its own; with the feature's text if `told`.

    None, and nothing is written, where the feature is no longer as it was seen, or somebody is changing a border or
    anything else that is derived from.
    """
    given = {f"f_{name}": value for name, value in values.items()}
    said = {"seen": seen.version, "place": seen.municipality, "actor": actor, "target": feature}
    statement = _change_sql(layer, tuple(sorted(values)), noted=True, alone=True, told=told)
    reading.wrote()
    row = ask(statement, {**given, **said, **_note(note)})
    return Written(*row) if row else None


def delete(layer: Layer, feature: uuid.UUID, note: Proposal | None = None) -> Written:
    """Delete a feature that is locked; its versions stay."""
    return _write(_delete_sql(layer, note is not None), {"target": feature, **_note(note)})


def note(proposal: Proposal) -> None:
    """Store a proposal alone."""
    ask(_note_sql(False) + " RETURNING id", _note(proposal))


def _write(statement: str, parameters: dict[str, Any]) -> Written:
    return Written(*ask(statement, parameters))


def _stored(each: Any, value: Any) -> Any:
    if value is not None and isinstance(each, GeometryField):
        return hex_of(value)
    return column(each, value)


@cache
def _inserted(layer: Layer) -> list[Any]:
    """The fields that a new row states itself: not what the database numbers, dates, derives or generates."""
    upkeep = upkeep_of(layer)
    derived = set(upkeep.derived_columns())
    return [
        each
        for each in layer.model._meta.local_concrete_fields
        if not isinstance(each, models.GeneratedField)
        and each.db_default is NOT_PROVIDED
        and each.column not in derived
    ]


@cache
def _add_sql(layer: Layer, noted: bool) -> str:
    columns = [str(each.column) for each in _inserted(layer)]
    names = ", ".join(sql.Identifier(each).as_string(None) for each in columns)
    values = ", ".join(f"%(f_{each})s" for each in columns)
    return _with_note(
        layer, f"INSERT INTO public.{{table}} ({names}) VALUES ({values})", "changeset", noted
    )


# Everything that was decided upon: the version, and what is derived and changes without one. Nobody is waited for who
# changes what is derived from: this statement would not see what they did.
ALONE = """ AND (SELECT geoplatform.derives_at_once()) AND version = %(seen)s AND {inside}
            AND {municipality} IS NOT DISTINCT FROM %(place)s::uuid
            AND (SELECT geoplatform.begin_changeset(%(actor)s, %(p_channel)s, %(p_reason)s))"""


@lru_cache(maxsize=500)
def _change_sql(
    layer: Layer,
    names: tuple[str, ...],
    noted: bool,
    alone: bool = False,
    told: bool = False,
) -> str:
    pairs = ", ".join(f"{quoted(layer, name)} = %(f_{name})s" for name in names)
    where = "id = %(target)s"
    if alone:
        where += ALONE.format(inside=inside(layer), municipality=place_of(layer)[0])
    statement = f"UPDATE public.{{table}} SET {pairs} WHERE {where}"
    return _with_note(layer, statement, "changeset", noted, told)


@cache
def _delete_sql(layer: Layer, noted: bool) -> str:
    # The row still names the changeset of its last version; the deletion has its own.
    return _with_note(
        layer,
        "DELETE FROM public.{table} WHERE id = %(target)s",
        "geoplatform.changeset()",
        noted,
    )


def _with_note(
    layer: Layer, statement: str, changeset: str, noted: bool, told: bool = False
) -> str:
    table = sql.Identifier(layer.model._meta.db_table).as_string(None)
    municipality, quarter = place_of(layer)
    beside = f", noted AS ({_note_sql(True)})" if noted else ""
    text = "NULL::bytea"
    if told:
        composed = text_of_row(layer).as_string(None).replace("%", "%%")
        text = f"CASE WHEN {inside(layer)} THEN {composed} END"
    return f"""WITH written AS (
        {statement.format(table=table)}
        RETURNING version, {changeset} AS changeset, {municipality} AS municipality_id, {quarter} AS quarter_id,
            coalesce({inside(layer)}, false) AS inside, {text} AS text){beside}
        SELECT version, changeset, municipality_id, quarter_id, inside, text FROM written"""


# What a proposal says itself, and what a feature that was just written says for it.
SAID = (
    "id",
    "layer",
    "action",
    "kind",
    "feature",
    "duplicate_of",
    "base_version",
    "fields",
    "geometry",
    "reason",
    "author_id",
    "channel",
    "licence",
    "consent",
    "fingerprint",
    "state",
    "waits_for",
)
FOLLOWS = ("changeset", "municipality_id", "quarter_id")


@cache
def _note_sql(from_written: bool) -> str:
    names = ", ".join((*SAID, *FOLLOWS))
    said = ", ".join(f"%(p_{name})s" for name in SAID)
    if from_written:
        follows = ", ".join(f"w.{name}" for name in FOLLOWS)
        return (
            f"INSERT INTO contributions_proposal ({names}) SELECT {said}, {follows} FROM written w"
        )
    follows = ", ".join(f"%(p_{name})s" for name in FOLLOWS)
    return f"INSERT INTO contributions_proposal ({names}) VALUES ({said}, {follows})"


def _note(proposal: Proposal | None) -> dict[str, Any]:
    if proposal is None:
        return {}
    values = {f"p_{name}": getattr(proposal, name) for name in (*SAID, *FOLLOWS)}
    values["p_fields"] = json.dumps(proposal.fields, allow_nan=False)
    for name in ("action", "kind", "state", "licence"):
        values[f"p_{name}"] = str(getattr(proposal, name))
    if proposal.geometry is not None:
        values["p_geometry"] = hex_of(proposal.geometry)
    return values
