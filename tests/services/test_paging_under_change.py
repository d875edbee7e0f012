"""Who follows `next` while others write sees every feature that existed throughout exactly once."""

import json
import random
import threading
from collections import Counter

import pytest
from django.test import Client

from tests import make
from tests.sessions import session

TREES = "/api/collections/fruit-trees/items"
SOME = "(SELECT id FROM layers_plant ORDER BY random() LIMIT 3)"
PLACE = "ST_SetSRID(ST_MakePoint(11.0 + random() * 0.1, 53.05), 4326)"
WRITES = (
    f"""INSERT INTO layers_plant (id, source_id, licence, status, cultivar, access, number_of_plants, note, species_id,
        location) SELECT gen_random_uuid(), source_id, licence, status, '', '', 1, 'new', species_id, {PLACE}
        FROM layers_plant LIMIT 4""",
    f"UPDATE layers_plant SET note = 'n' || random(), height_m = random() * 20 WHERE id IN {SOME}",
    f"UPDATE layers_plant SET location = {PLACE} WHERE id IN {SOME}",
    f"DELETE FROM layers_plant WHERE id IN {SOME}",
    f"BEGIN; UPDATE layers_plant SET note = 'never', height_m = 99 WHERE id IN {SOME}; ROLLBACK",
)


@pytest.fixture
def town(fresh_database):
    make.town()
    apple = make.species()
    for n in range(40):
        make.plant(11.01 + n / 1000, 53.05, species=apple, height_m=n % 7 or None)


def follow(path, between):
    """Ids of all features of all pages; `between` runs after each page."""
    seen, matched = [], []
    while path:
        page = json.loads(Client().get(path).getvalue())
        seen += [each["id"] for each in page["features"]]
        matched.append(page["numberMatched"])
        between()
        path = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    return seen, matched


def present(connection):
    return {str(id) for (id,) in connection.execute("SELECT id FROM layers_plant WHERE edible")}


@pytest.mark.parametrize("order", ["", "&sortby=-height_m,note", "&sortby=note"])
@pytest.mark.parametrize("size", [3, 7])
def test_each_that_was_there_throughout_once(town, order, size):
    generator = random.Random(size)
    with session() as writer:
        throughout = present(writer)
        at_first = set(throughout)

        def write():
            for _time in range(2):
                writer.execute(generator.choice(WRITES))
                throughout.intersection_update(present(writer))

        seen, matched = follow(f"{TREES}?limit={size}{order}", write)
    assert max(Counter(seen).values()) == 1
    assert throughout <= set(seen)
    assert len(throughout) < len(at_first), "something went on the way"
    if order:
        assert set(seen) == at_first, "sorted pages show one instant"
        assert set(matched) == {len(at_first)}


@pytest.mark.parametrize("order", ["", "&sortby=height_m"])
def test_the_same_with_a_writer_that_does_not_wait(town, order):
    stop = threading.Event()
    with session() as other, session() as reader:
        throughout = present(reader)
        generator = random.Random(1)

        def write():
            while not stop.is_set():
                other.execute(generator.choice(WRITES))

        thread = threading.Thread(target=write)
        thread.start()
        try:
            seen, _matched = follow(
                f"{TREES}?limit=4{order}", lambda: throughout.intersection_update(present(reader))
            )
        finally:
            stop.set()
            thread.join()
    assert max(Counter(seen).values()) == 1
    assert throughout <= set(seen)
