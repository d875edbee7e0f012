"""Say who changes something, why and by which road, for the writes of one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from geoplatform.database import reading


@contextmanager
def changeset(*, actor: str, channel: str, reason: str = "") -> Iterator[None]:
    """All writes within belong to one changeset of `actor`, in one transaction.

    The settings are local to the transaction: they cannot leak to whoever gets the connection next. A changeset inside
    another one is its own; the outer one's name returns after it.
    """
    names = (
        "geoplatform.actor",
        "geoplatform.channel",
        "geoplatform.reason",
        "geoplatform.changeset",
    )
    alone = not connection.in_atomic_block
    reading.wrote()
    with transaction.atomic(), connection.cursor() as cursor:
        if not alone:
            cursor.execute("SELECT " + ", ".join(["current_setting(%s, true)"] * 4), names)
            before = cursor.fetchone()
        _set(cursor, names, (actor, channel, reason, ""))
        yield
        # Not in a `finally`: after an error the savepoint takes the settings back itself. So does the end of a
        # transaction of our own.
        if not alone:
            _set(cursor, names, before)


def _set(cursor, names, values) -> None:  # type: ignore[no-untyped-def]
    pairs = [
        item for name, value in zip(names, values, strict=True) for item in (name, value or "")
    ]
    cursor.execute("SELECT " + ", ".join(["set_config(%s, %s, true)"] * len(names)), pairs)
