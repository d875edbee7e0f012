"""A file made of text, a mapping made of a few lines, and what loading them said."""

import csv
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import translation

from geoplatform.exchange.harvest.description import read_source
from geoplatform.exchange.harvest.run import harvest
from tests import make
from tests.exchange.neighbour import neighbour

MAPPING = """
key = ["id"]
{top}
[source]
name = "cadastre"
title = "Cadastre"
licence = "{licence}"
[municipality]
ags = "13004000"
name = "Town"
metric_srid = 25833
[file]
{file}
[fields]
{fields}
"""
FIELDS = """
species = { column = "name", convert = "botanical-name" }
cultivar = { column = "name", convert = "cultivar" }
height_m = "height"
own_growth_form = { constant = "tree" }
"""
HEADER = "id,name,height,lon,lat\n"


@pytest.fixture(autouse=True)
def _english_terminal(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def town():
    make.species()
    return make.town()


@pytest.fixture
def load(tmp_path):
    """Load text as a file; gives exit status, printed summary and reported rows."""

    def run(
        text,
        *options,
        layer="trees",
        name="trees.csv",
        fields=FIELDS,
        licence="cc-zero",
        top="",
        file="",
        mapping=True,
    ):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        report = tmp_path / "report.csv"
        report.unlink(missing_ok=True)
        arguments = [layer, str(path), "--report", str(report), *options]
        if mapping:
            toml = tmp_path / "mapping.toml"
            points = 'x = "lon"\ny = "lat"\n' if layer == "trees" else ""
            text = MAPPING.format(fields=fields, licence=licence, top=top, file=points + file)
            # A table of figures has no key of its own.
            toml.write_text(text.replace('key = ["id"]', "") if "--update" in options else text)
            arguments += ["--mapping", str(toml)]
        out = StringIO()
        status = 0
        try:
            call_command("load", *arguments, stdout=out)
        except SystemExit as end:
            status = end.code
        rows = list(csv.DictReader(report.open())) if report.exists() else []
        return status, out.getvalue(), rows

    return run


SERVICE = """
layer = "trees"
key = ["{key}"]
contact = "gis@town.example"
[service]
kind = "{kind}"
url = "{url}"
{service}
[limits]
pause = 0
retries = 2
{limits}
[source]
name = "neighbour"
title = "Trees of the neighbour"
licence = "cc-zero"
[municipality]
ags = "13004000"
name = "Town"
metric_srid = 25833
[fields]
{fields}
"""
HARVESTED = """
species = { column = "species", convert = "botanical-name" }
height_m = "height"
own_growth_form = { constant = "tree" }
"""


@pytest.fixture
def there(settings, tmp_path):
    """A server on loopback that a harvest may ask."""
    settings.HARVEST_NETWORKS = ["127.0.0.0/8"]
    settings.HARVEST_FOLDER = tmp_path / "harvest"
    with neighbour() as server:
        yield server


@pytest.fixture
def described(there, town, tmp_path):
    """Write a description; without arguments that of an OGC API."""

    def describe(
        kind="ogc-api-features",
        path="/api/",
        service='layer = "trees"',
        limits="",
        fields=HARVESTED,
        url=None,
        key="id",
    ):
        file = tmp_path / "neighbour.toml"
        text = SERVICE.format(
            kind=kind,
            url=url or there.url + path,
            service=service,
            limits=limits,
            fields=fields,
            key=key,
        )
        # A TOML table may be given once, and the tests' own numbers come last.
        if "retries" in limits:
            text = text.replace("retries = 2\n", "")
        file.write_text(text)
        return read_source(file)

    return describe


@pytest.fixture
def waited():
    """Seconds that a harvest would have waited."""
    return []


@pytest.fixture
def run(waited):
    """Harvest without waiting; what is told is English."""
    with translation.override("en"):
        yield partial(harvest, sleep=waited.append)
