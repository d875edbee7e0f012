"""Take a name, a number, an address out of old texts. That a version stood there, when and by whom, stays.

The database allows a text of a closed version to become a marker, nothing else, and writes down each time that it did
(database/redaction.py). The version that stands is edited like any other: it loses the text by a version of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.database.redaction import MARKER
from geoplatform.history.services import changeset
from geoplatform.history.upkeep import free_texts


class RedactionError(Exception):
    """Nothing was redacted; says why."""


@dataclass(frozen=True)
class Redacted:
    """Versions in which a text was replaced, and whether the version that stood was edited."""

    versions: tuple[int, ...]
    current: bool


def redact(
    *,
    layer: Layer,
    id: UUID,
    fields: Sequence[str],
    actor: str,
    channel: str,
    reason: str,
    versions: Sequence[int] | None = None,
) -> Redacted:
    """Replace texts of a feature by a marker, in some versions or (None) in all, the one that stands among them.

    fields  names of fields of free text
    reason  why; without the text itself, for it stands in the history
    Raises RedactionError.
    """
    known = {field.name: field for field in free_texts(layer.model)}
    if wrong := sorted(set(fields) - set(known)) or (not fields and ["-"]):
        raise RedactionError(
            _("No field of free text: %(wrong)s. There are: %(known)s.")
            % {"wrong": ", ".join(wrong), "known": ", ".join(sorted(known))}
        )
    if not reason.strip():
        raise RedactionError(_("Say why, without repeating what is to go."))
    table = str(layer.model._meta.db_table)
    columns = [str(known[name].column) for name in fields]
    with changeset(actor=actor, channel=channel, reason=reason), connection.cursor() as cursor:
        standing = layer.model._default_manager.select_for_update().filter(pk=id).first()
        current = False
        if standing is not None and (versions is None or standing.version in versions):
            # An empty text where there may be one: a marker on the map for ever would help nobody.
            due = {
                name: "" if known[name].blank else MARKER
                for name in fields
                if getattr(standing, name)
            }
            if due:
                layer.model._default_manager.filter(pk=id).update(**due)
                current = True
        cursor.execute(
            sql.SQL("SELECT version FROM history.{} WHERE id = %s ORDER BY version").format(
                sql.Identifier(table)
            ),
            [id],
        )
        closed = [version for (version,) in cursor.fetchall()]
        if standing is None and not closed:
            raise RedactionError(_("There is no such feature in %s.") % layer.name)
        done = []
        for version in closed:
            if versions is None or version in versions:
                cursor.execute(
                    "SELECT geoplatform.redact(%s, %s, %s, %s)", [table, id, version, columns]
                )
                if cursor.fetchone()[0]:
                    done.append(version)
    return Redacted(tuple(done), current)


def redact_reason(*, changeset_id: int, actor: str, channel: str, reason: str) -> bool:
    """Replace the reason that somebody gave for a changeset; whether there was one. Raises RedactionError."""
    if not reason.strip():
        raise RedactionError(_("Say why, without repeating what is to go."))
    with changeset(actor=actor, channel=channel, reason=reason), connection.cursor() as cursor:
        cursor.execute("SELECT geoplatform.redact_reason(%s)", [changeset_id])
        return bool(cursor.fetchone()[0])
