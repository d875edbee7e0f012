"""What all refusals have in common: a sentence, and no row."""

import pytest
from django.db import DatabaseError, connection, transaction

from tests import make


def refused(table: str, column: str, geometry: str, sentence: str, **values: object) -> None:
    """Inserting `geometry` (EWKT) into a table is refused by the database itself with `sentence`."""
    values = {"source_id": make.source().id, "licence": "cc-zero", "status": "confirmed", **values}
    names = ", ".join(["id", column, *values])
    marks = ", ".join(["gen_random_uuid()", "%s::geometry", *["%s"] * len(values)])
    with (
        pytest.raises(DatabaseError, match=sentence),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", [geometry, *values.values()]
        )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone()[0] == 0


def plant_refused(geometry: str, sentence: str) -> None:
    refused(
        "layers_plant",
        "location",
        geometry,
        sentence,
        cultivar="",
        access="",
        number_of_plants=1,
        note="",
    )


def green_space_refused(geometry: str, sentence: str) -> None:
    refused("layers_greenspace", "area", geometry, sentence, name="", kind="park")
