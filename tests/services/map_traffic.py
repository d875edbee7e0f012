"""What the writers and readers of test_wms_under_writes.py do, each in a process of its own. No Django here.

Each writer has a tree on a row of its own and moves it one step to the east for each number that it says; where its
marker stands in the picture is the number that the picture shows.
"""

from __future__ import annotations

import http.client
import io
import random
import time

import numpy as np
import psycopg
from PIL import Image

WEST, SOUTH, EAST, NORTH = 1228000.0, 6990000.0, 1233427.0, 6991357.0  # EPSG:3857
ROUNDS = 190  # the most steps that there is room for
FIRST, STEP, ROW = 60.0, 27.5, 150.0  # metres from the west, to the next number, from row to row
TAKEN_BACK = -1
MOVE = """UPDATE layers_plant SET location =
    ST_Transform(ST_SetSRID(ST_MakePoint(%s, %s), 3857), 4326) WHERE fid = %s"""
# On either side of MapLibre's zoom 14: by the pyramid, and row by row.
SIZES = ((1024, 256), (1200, 300))
GREEN = (60, 122, 58)


def place(number, value):
    return WEST + FIRST + value * STEP, NORTH - 100 - number * ROW


def path(width, height):
    return (
        "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=trees&STYLES=&CRS=EPSG:3857&FORMAT=image/png"
        f"&BBOX={WEST},{SOUTH},{EAST},{NORTH}&WIDTH={width}&HEIGHT={height}"
    )


def fetch(client, address, etag):
    client.request("GET", address, headers={"If-None-Match": etag})
    response = client.getresponse()
    body = response.read()
    return response.status, response.headers.get("ETag", ""), body


def write(address, number, fid, said, rounds, seed):
    """Plain edits, edits taken back, and transactions that commit late."""
    chance = random.Random(seed)
    with psycopg.connect(address, autocommit=True) as session:
        for value in range(1, rounds + 1):
            step = (*place(number, value), fid)
            road = chance.choice(("plain", "plain", "late", "after a rollback"))
            if road == "late":
                with session.transaction():
                    session.execute(MOVE, step)
                    time.sleep(chance.uniform(0, 0.2))
            else:
                if road == "after a rollback":
                    with session.transaction(force_rollback=True):
                        session.execute(MOVE, (*place(number, TAKEN_BACK), fid))
                        time.sleep(chance.uniform(0, 0.05))
                session.execute(MOVE, step)
            said[number] = value


def read(port, said, ended, faults, counts, seed):
    chance = random.Random(seed)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    held = {}
    while not ended.is_set():
        size = chance.choice(SIZES)
        before = list(said)
        etag, body = held.get(size, ("", b""))
        status, etag, given = fetch(client, path(*size), etag)
        assert status in (200, 304), (status, given)
        if status == 200:
            body = given
        counts[0 if status == 200 else 1] += 1  # about: nobody locks
        held[size] = etag, body
        if fault := wrong(body, before):
            faults.put(f"{size} {status}: {fault}")


def shown(body):
    """The number that each row of the picture shows."""
    pixels = np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)
    metres = (EAST - WEST) / pixels.shape[1]
    green = np.abs(pixels - GREEN).max(axis=2) < 40
    found = {}
    for number in range(8):
        row = round((NORTH - place(number, 0)[1]) / metres)
        columns = np.flatnonzero(green[row - 1 : row + 2].any(axis=0))
        if columns.size and np.ptp(columns) < 8:
            found[number] = ((columns.mean() + 0.5) * metres - FIRST) / STEP
    return found


def wrong(body, before):
    """What of the picture is older than what was acknowledged, or was taken back."""
    found = shown(body)
    for number, value in enumerate(before):
        if number not in found:
            return f"the tree of writer {number} is not there once"
        if found[number] < value - 0.4:
            return f"tree of writer {number}: shown {found[number]:.2f}, acknowledged {value}"
    return ""
