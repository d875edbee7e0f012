"""A file made of text, a mapping made of a few lines, and what loading them said."""

import csv
from io import StringIO

import pytest
from django.core.management import call_command

from tests import make

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
