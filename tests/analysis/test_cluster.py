"""Cities by GeoParquet and Dask say what the platform itself says, also while a worker dies."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from distributed import Client
from django.core.management import CommandError, call_command

from geoplatform.analysis import cluster, frames, reading, registry
from geoplatform.analysis.answer import answer
from geoplatform.analysis.export import export
from tests.analysis import ten
from tests.conftest import PROJECT

pytestmark = pytest.mark.usefixtures("nothing_is_kept")
COMPUTED = [each for each in registry.indicators() if each.compute is not None]
USUAL = {each.id: each.values() for each in COMPUTED}
SAME = 1e-9  # relative
BARE = {
    key: value
    for key, value in os.environ.items()
    if not key.startswith(("DATABASE", "DJANGO", "GEOPLATFORM"))
}


def assert_as_from_the_database(found: pd.DataFrame, towns: list[str]) -> None:
    """All figures of all indicators, quarter by quarter."""
    compared = 0
    for ags, indicator in product(towns, COMPUTED):
        rows = answer(indicator, [ags]).rows
        for column in indicator.columns:
            name = f"{indicator.id}.{column.name}"
            here = found[name].reindex(rows.index).to_numpy("float64")
            there = rows[column.name].to_numpy("float64")
            np.testing.assert_allclose(here, there, rtol=SAME, atol=0, err_msg=name)
            compared += int(np.isfinite(there).sum())
    assert compared > 20 * len(found)
    assert sorted(set(found["municipality"])) == sorted(towns)


def test_two_neighbours_are_the_same_by_files(fresh_database, tmp_path):
    towns = ten.cities(2)
    folder = tmp_path / "state"
    told = export(folder, towns)
    assert told == json.loads((folder / "about.json").read_text())
    for ags in towns:
        town = reading.municipality(ags)
        city, again = reading.read(town), frames.read(str(folder / "municipalities" / ags))
        # The neighbour is there too: without it the figures at the border would be others.
        assert len(again.around) == 4
        for name in (*frames.FRAMES, "trees"):
            kept, read = getattr(city, name), getattr(again, name)
            pd.testing.assert_frame_equal(
                pd.DataFrame(read), pd.DataFrame(kept), check_names=False, obj=name
            )
    rows = cluster.ask(str(folder), USUAL)
    assert_as_from_the_database(rows, towns)
    assert rows.crs.to_epsg() == 4326

    # Without what stands across the border some figures would be others: the ring is worth its bytes.
    alone = frames.read(str(folder / "municipalities" / towns[0]))
    inside = alone.quarters.union_all()
    alone.streets = alone.streets[alone.streets.intersects(inside)]
    alone.green = alone.green[alone.green.intersects(inside)]
    alone.around = alone.around.iloc[:0]
    differ = set()
    for each in COMPUTED:
        there = rows[[f"{each.id}.{column.name}" for column in each.columns]]
        here = each.compute(alone, each.values())
        if not np.allclose(here, there.reindex(here.index), equal_nan=True):
            differ.add(each.id)
    assert differ


def test_commands_write_one_table_and_what_it_is_about(fresh_database, tmp_path, capsys):
    towns = ten.cities(2)
    folder, table = tmp_path / "state", tmp_path / "figures.csv"
    call_command("export-parquet", folder, municipality=towns[:1])
    asked = {"indicator": ["green-within-300-m", "trees-per-hectare"]}
    call_command("analyse-parquet", str(folder), table, **asked)
    rows = pd.read_csv(table, dtype={"municipality": "str"})
    assert list(rows["municipality"]) == [towns[0]] * 4
    assert "trees-per-hectare.trees_per_hectare" in rows or any(
        name.startswith("trees-per-hectare.") for name in rows
    )
    about = json.loads((tmp_path / "figures.csv.about.json").read_text())
    assert [each["id"] for each in about["indicators"]] == asked["indicator"]
    assert about["licences"] == ["cc-zero"]
    call_command("analyse-parquet", str(folder), tmp_path / "figures.parquet", **asked)
    assert len(gpd.read_parquet(tmp_path / "figures.parquet")) == 4
    (folder / "municipalities" / towns[0] / "green.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(CommandError, match="arquet"):
        call_command("analyse-parquet", str(folder), tmp_path / "broken.csv")
    assert not (tmp_path / "broken.csv").exists()
    for wrong, said in (
        ((folder,), "exists already"),
        ((tmp_path / "other", "--municipality", "99999999"), "no municipality 99999999"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("export-parquet", *wrong)
    assert not (tmp_path / "other").exists()
    assert not list(tmp_path.glob("*.draft"))
    for words, said in (
        ((str(tmp_path), table), "export-parquet has written"),
        ((str(folder), tmp_path / "a.xlsx"), r"\.parquet or \.csv"),
        ((str(folder), table, "--indicator", "none"), "no indicator none"),
        ((str(folder), table, "--set", "wings=2"), "parameter wings"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("analyse-parquet", *words)


@pytest.mark.prove
def test_a_worker_needs_no_database_and_no_settings(fresh_database, tmp_path):
    folder = tmp_path / "state"
    export(folder, ten.cities(1))
    text = (
        "from geoplatform.analysis import cluster, registry\n"
        "from django.conf import settings\n"
        "walk = registry.get('green-within-a-walk')\n"
        f"rows = cluster.ask({str(folder)!r}, {{walk.id: walk.values()}})\n"
        "assert len(rows) == 4 and not settings.configured\n"
    )
    subprocess.run([sys.executable, "-c", text], check=True, cwd=PROJECT, env=BARE)


@contextmanager
def program(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program of Dask, as on another machine: without settings, without a database."""
    started = subprocess.Popen([sys.executable, "-m", *words], cwd=PROJECT, env=BARE)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@contextmanager
def workers(number: int) -> Iterator[tuple[Client, list[subprocess.Popen[bytes]]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        where = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        stack.enter_context(program("distributed.cli.dask_scheduler", *where))
        how = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
        started = [
            stack.enter_context(
                program("distributed.cli.dask_worker", address, *how, "--name", str(n))
            )
            for n in range(number)
        ]
        client = stack.enter_context(Client(address, timeout=60))
        client.wait_for_workers(number, timeout=120)
        yield client, started


@pytest.mark.prove
def test_ten_cities_on_two_workers_of_which_one_is_killed(fresh_database, tmp_path):
    towns = ten.cities(10)
    folder = tmp_path / "state"
    export(folder, towns)
    with workers(2) as (client, started):
        assert_as_from_the_database(cluster.ask(str(folder), USUAL, client), towns)
        names = {
            str(each["name"]): address
            for address, each in client.scheduler_info(n_workers=-1)["workers"].items()
        }
        killed = []

        def kill(done: int, of: int, what: str) -> None:
            """When three are done, while others are being worked on."""
            if done >= 3 and not killed:
                deadline = time.monotonic() + 60
                while not (busy := client.processing().get(names["0"])):
                    assert time.monotonic() < deadline
                started[0].send_signal(signal.SIGKILL)
                killed.append((done, of, len(busy)))

        rows = cluster.ask(str(folder), USUAL, client, kill)
        [(done, of, busy)] = killed
        assert done < of == 10
        assert busy
        assert len(client.scheduler_info(n_workers=-1)["workers"]) == 1
        assert_as_from_the_database(rows, towns)
    with pytest.raises(CommandError, match=r"tcp://127\.0\.0\.1:1 "):
        call_command(
            "analyse-parquet", str(folder), tmp_path / "a.csv", "--scheduler", "tcp://127.0.0.1:1"
        )


@pytest.mark.prove
def test_workers_with_other_code_are_refused(fresh_database, tmp_path, monkeypatch):
    folder = tmp_path / "state"
    export(folder, ten.cities(1))
    with workers(1) as (client, _started):
        monkeypatch.setattr(cluster, "LIBRARIES", ("geopandas",))
        cluster.edition.cache_clear()
        try:
            with pytest.raises(cluster.Unlike):
                cluster.ask(str(folder), USUAL, client)
        finally:
            cluster.edition.cache_clear()
