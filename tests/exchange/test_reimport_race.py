"""Somebody saves an edit while a load of the same feature is under way."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from geoplatform.catalog import registry
from geoplatform.contributions.models import Proposal
from geoplatform.exchange.load import Request, load
from layers.plants import Plant
from tests import make
from tests.exchange.test_reimport_rule import MAPPING
from tests.sessions import session

ROW = "0,Malus domestica,,{},public,11.05,53.05\n"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.mark.parametrize("said", [4, 6], ids=["the source says the same", "the source says more"])
def test_an_edit_that_is_saved_during_a_load_stays(fresh_database, tmp_path, said):
    make.town()
    make.species()

    def load_height(height: int) -> int:
        path = tmp_path / f"{height}.csv"
        path.write_text("id,species,cultivar,height_m,access,x,y\n" + ROW.format(height))
        try:
            request = Request(layer=registry.get("trees"), path=path, mapping=MAPPING)
            return load(request).conflicts
        finally:
            connection.close()

    load_height(4)
    with session() as editor, session() as watch, ThreadPoolExecutor(1) as pool:
        with editor.transaction():
            editor.execute("UPDATE layers_plant SET height_m = 5")
            loading = pool.submit(load_height, said)
            while not (loading.done() or watch.execute(WAITS).fetchone()[0]):
                time.sleep(0.01)
        conflicts = loading.result(timeout=60)
    assert Plant.objects.get().height_m == 5
    assert conflicts == Proposal.objects.filter(channel="import").count() == (said == 6)
