"""A city's trees deleted at one stroke and brought back: rows exact, and everything that is made of them knows."""

import pytest
from django.db import connection

from geoplatform.catalog import registry
from geoplatform.contributions.undo import undo_changesets
from geoplatform.history.models import Changeset
from geoplatform.history.services import changeset
from geoplatform.pyramid import check, services
from layers.plants import Plant
from tests import make
from tests.contributions.test_undo import ME, rows

MANY = """
INSERT INTO layers_plant (id, source_id, source_key, licence, status, cultivar, access, number_of_plants, note,
    height_m, own_fruit_from, own_fruit_to, species_id, location)
SELECT gen_random_uuid(), s.source_id, n::text, 'cc-zero', 'confirmed', '', 'public', 1, 'tree ' || n, n / 7.0,
    CASE WHEN n %% 5 = 0 THEN 7.5 END, CASE WHEN n %% 5 = 0 THEN 9 END, s.id,
    ST_SetSRID(ST_MakePoint(11.0 + 0.2 * random(), 53.0 + 0.1 * random()), 4326)
FROM generate_series(1, %s) n, layers_species s"""


@pytest.mark.parametrize(
    "trees", [300, pytest.param(17_000, marks=pytest.mark.prove)], ids=["few", "17,000"]
)
def test_deleted_and_brought_back(fresh_database, trees):
    make.town()
    make.species()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(MANY, [trees + 100])
        services.build(registry.get("trees"), lambda done: None)
        before = rows()
        doomed = [row["id"] for row in before][:trees]
        with changeset(actor="vandal", channel="test"):
            cursor.execute("DELETE FROM layers_plant WHERE id = ANY(%s)", [doomed])
        cursor.execute("SELECT pg_current_snapshot()::text, (SELECT geoplatform.prune_edits())")
        cursor.execute("SELECT pg_current_snapshot()::text, geoplatform.generation()")
        seen, generation = cursor.fetchone()
        done = undo_changesets(ids=[Changeset.objects.latest("id").id], **ME)
        assert (done.features, done.conflict_count) == (trees, 0)

        assert rows() == before, "every column of every row, what derives from others too"
        assert set(Plant.objects.filter(id__in=doomed).values_list("version", flat=True)) == {2}

        for name in ("trees", "fruit-trees"):
            layer = registry.get(name)
            wrong = [
                line for level in check.levels(layer) for line in check.differences(layer, level)
            ]
            assert wrong == [], "the pyramid counts them again"
        # Who kept something of a place where a tree came back learns that it does not hold any more.
        cursor.execute(
            "SELECT count(*) FROM layers_plant p WHERE id = ANY(%s) AND geoplatform.unchanged("
            "'layers_plant'::regclass, box(p.location), '{}', %s::pg_snapshot, %s)",
            [doomed, seen, generation],
        )
        assert cursor.fetchone() == (0,)
