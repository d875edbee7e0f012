"""A process that edits plants at random: `python -m tests.pyramid.writer ADDRESS SEED EDITS`."""

from __future__ import annotations

import random
import sys

import psycopg
from psycopg import errors

ONE = "(SELECT id FROM layers_plant OFFSET floor(random() * (SELECT count(*) FROM layers_plant)) LIMIT 1)"
KIND = "(SELECT id FROM layers_species ORDER BY random() LIMIT 1)"
POINT = "ST_SetSRID(ST_MakePoint(11.0 + 0.2 * random(), 53.0 + 0.1 * random()), 4326)"
INSERT = f"""
INSERT INTO layers_plant (id, source_id, licence, status, cultivar, access, number_of_plants, note, species_id,
    location)
SELECT gen_random_uuid(), s.id, 'cc-zero', (ARRAY['confirmed', 'unconfirmed', 'gone'])[1 + floor(random() * 3)::int],
    '', (ARRAY['public', 'closed', ''])[1 + floor(random() * 3)::int], 1, '', {KIND}, {POINT}
FROM (SELECT id FROM catalog_source LIMIT 1) s, generate_series(1, %s)"""
# How often each kind of edit comes, and its statement.
EDITS = (
    (25, INSERT.replace("%s", "1")),
    (1, INSERT.replace("%s", "40")),
    (25, f"UPDATE layers_plant SET location = {POINT} WHERE id = {ONE}"),
    (15, f"DELETE FROM layers_plant WHERE id = {ONE}"),
    (8, f"UPDATE layers_plant SET species_id = {KIND} WHERE id = {ONE}"),
    (8, f"UPDATE layers_plant SET status = 'gone', access = 'overhanging' WHERE id = {ONE}"),
    (4, f"UPDATE layers_plant SET own_edible = NOT coalesce(edible, false) WHERE id = {ONE}"),
    (4, f"UPDATE layers_plant SET own_fruit_from = 11.5, own_fruit_to = 2 WHERE id = {ONE}"),
    (6, f"UPDATE layers_plant SET note = note || '.' WHERE id = {ONE}"),
    (1, "UPDATE layers_plant SET access = 'public' WHERE fid % 50 = 7"),
    (1, f"UPDATE layers_species SET category = 'nut', fruit_to = 10 WHERE id = {KIND}"),
    (1, f"UPDATE layers_species SET category = 'fruit', growth_form = 'tree' WHERE id = {KIND}"),
    (1, f"UPDATE layers_species SET edible = NOT coalesce(edible, false) WHERE id = {KIND}"),
    (
        1,
        "UPDATE layers_quarter SET outline = ST_Multi(ST_MakeEnvelope(11, 53, 11.05 + 0.1 * random(), 53.1, 4326))"
        " WHERE key = 'a'",
    ),
)


def main(address: str, seed: int, edits: int) -> None:
    pick = random.Random(seed)
    shares, statements = zip(*EDITS, strict=True)
    with psycopg.connect(address) as session:
        session.execute("SELECT setseed(%s)", [pick.random()])
        done = 0
        while done < edits:
            # One edit a transaction, or a few; some are taken back.
            some = min(pick.choice((1, 1, 1, 5)), edits - done)
            try:
                for _number in range(some):
                    session.execute(pick.choices(statements, shares)[0])
                if pick.random() < 0.05:
                    session.rollback()
                else:
                    session.commit()
            except (errors.DeadlockDetected, errors.ForeignKeyViolation):
                session.rollback()
            done += some


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
