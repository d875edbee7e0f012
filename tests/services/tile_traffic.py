"""What the writers and readers of test_tiles_under_writes.py do, each in a process of its own. No Django here."""

from __future__ import annotations

import gzip
import http.client
import random
import time

import psycopg

from tests.mvt import decode, tile_of

# An import adds this many trees in one statement; all of them or none are in a tile.
BATCH = 20
PLACE = (11.05, 53.05)
TAKEN_BACK = 9999
UPDATE = "UPDATE layers_plant SET number_of_plants = %s WHERE fid = %s"
MOVE = "UPDATE layers_plant SET location = ST_Translate(location, %s, 0) WHERE fid = %s"
IMPORT = """INSERT INTO layers_plant
    (id, source_id, licence, status, cultivar, access, number_of_plants, note, own_growth_form, location)
    SELECT gen_random_uuid(), s.id, 'cc-zero', 'confirmed', 'batch ' || %s, '', 1, '', 'tree',
        ST_SetSRID(ST_MakePoint(11.05 + n * 1e-6, 53.05), 4326)
    FROM catalog_source s, generate_series(1, %s) n"""


def fetch(client, path, etag):
    client.request("GET", path, headers={"Accept-Encoding": "gzip", "If-None-Match": etag})
    response = client.getresponse()
    body = response.read()
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return response.status, response.headers.get("ETag", ""), body


def write(address, number, fid, said, rounds, seed):
    """Road by road: plain edits, edits taken back, transactions that commit late, names of species, imports."""
    chance = random.Random(seed)
    with psycopg.connect(address, autocommit=True) as session:
        for value in range(1, rounds + 1):
            road = chance.choice(("plain", "plain", "late", "moved", "after a rollback"))
            if number == 0:
                session.execute("UPDATE layers_species SET german_name = %s", [f"Name {value}"])
            elif number == 1:
                session.execute(IMPORT, [value, BATCH])
            elif road == "late":
                with session.transaction():
                    session.execute(UPDATE, [value, fid])
                    time.sleep(chance.uniform(0, 0.2))
            elif road == "moved":
                with session.transaction():
                    session.execute(MOVE, [3, fid])
                    session.execute(UPDATE, [value, fid])
                    session.execute(MOVE, [-3, fid])
            else:
                if road == "after a rollback":
                    with session.transaction(force_rollback=True):
                        session.execute(UPDATE, [TAKEN_BACK, fid])
                        time.sleep(chance.uniform(0, 0.05))
                session.execute(UPDATE, [value, fid])
            said[number] = value


def read(port, fids, said, ended, faults, counts, seed):
    chance = random.Random(seed)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    held = {}
    while not ended.is_set():
        z = chance.choice((17, 18))  # where every tree stands by itself, however many there are
        x, y = tile_of(*PLACE, z)
        path = f"/tiles/trees/{z}/{x}/{y}.mvt"
        before = list(said)
        etag, body = held.get(z, ("", b""))
        status, etag, given = fetch(client, path, etag)
        assert status in (200, 304), status
        if status == 200:
            body = given
        counts[0 if status == 200 else 1] += 1  # about: nobody locks
        held[z] = etag, body
        if fault := wrong(body, fids, before):
            faults.put(f"z{z} {status}: {fault}")


def wrong(body, fids, before):
    """What of the tile is older than what was acknowledged, was taken back, or is half of an import."""
    trees = dict(decode(body).get("trees", []))
    for number, fid in enumerate(fids):
        if number < 2:
            continue
        shown = trees[fid]["number_of_plants"]
        if shown < before[number] or shown == TAKEN_BACK:
            return f"tree of writer {number}: shown {shown}, acknowledged {before[number]}"
    name = trees[fids[2]]["species_de"]
    if int(name.removeprefix("Name ")) < before[0]:
        return f"species: shown {name}, acknowledged {before[0]}"
    imported = [tree["cultivar"] for tree in trees.values() if tree["cultivar"]]
    if len(imported) % BATCH or len(imported) < BATCH * before[1]:
        return f"imports: shown {len(imported)}, acknowledged {BATCH * before[1]}"
    return ""
