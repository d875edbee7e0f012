"""Merges what edits append to the pyramids while the platform serves: soon where there is much, at leisure else."""

from __future__ import annotations

import logging
import threading
import time

from django.db import connection, transaction

log = logging.getLogger(__name__)

LOOK = 5  # seconds between two looks
MANY = 2000  # deltas: from here on readers would notice them
LEISURE = 300  # seconds after which a few are merged, too


class Folder(threading.Thread):
    """Looks every few seconds until it is told to stop. What goes wrong is logged and tried again: all stays true
    without it, only slower."""

    def __init__(self) -> None:
        super().__init__(name="folder", daemon=True)
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        last = time.monotonic()
        while not self._stopped.wait(LOOK):
            at_leisure = time.monotonic() - last >= LEISURE
            try:
                while fold_due(1 if at_leisure else MANY) and not self._stopped.is_set():
                    pass
            except Exception:
                log.exception("The pyramids could not be folded; trying again in a few seconds.")
            finally:
                connection.close()
            if at_leisure:
                last = time.monotonic()
                sweep()


def sweep() -> None:
    """Take away stored texts of features that are gone, and stored tiles that nobody asked for."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT geoplatform.sweep_texts()")
            cursor.execute("SELECT geoplatform.prune_tiles()")
    except Exception:
        log.exception("What is stored could not be swept; trying again in some minutes.")
    finally:
        connection.close()


def fold_due(enough: int) -> int:
    """Merge the deltas of each table that has so many of them, in part where they are many; how many were merged."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT geoplatform.fold_due(%s)", [enough])
        return int(cursor.fetchone()[0])
