"""Descriptions: a mistake is told by file and key before anything is asked; only files name addresses."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.harvest.description import SAMPLES, find_source, read_source
from geoplatform.exchange.harvest.run import due_sources
from geoplatform.exchange.harvest.store import open_store
from layers.plants import Plant
from tests.exchange.neighbour import offer_api

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("description", "told"),
    [
        ({"kind": "ftp"}, "service.kind"),
        ({"url": "ftp://town.example/"}, "service.url"),
        ({"url": "file:///etc/passwd"}, "service.url"),
        ({"url": "http://user:secret@town.example/"}, "service.url"),
        ({"url": "http://[::1/"}, "service.url"),
        ({"url": "http://town.example:99999/"}, "service.url"),
        ({"service": ""}, "service.layer"),
        ({"service": 'layer = "a"\ncolour = "red"'}, "service.colour"),
        ({"service": 'layer = "a"\ncrs = "4326; DROP"'}, "service.crs"),
        ({"service": 'layer = "a"\nbbox = [1, 2, 3]'}, "service.bbox"),
        ({"service": 'layer = "a"\nbbox = [12, 53, 11, 54]'}, "service.bbox"),
        ({"service": 'layer = "a"\nbbox = [11, 53, nan, 54]'}, "service.bbox"),
        ({"service": 'layer = "a"\npage_size = -1'}, "service.page_size"),
        ({"service": 'layer = "a"\npage_size = inf'}, "service.page_size"),
        ({"service": 'layer = "a"\naxes = "yx"'}, "service.axes"),
        ({"service": 'layer = "a"\nparameters = { limit = 3 }'}, "parameters.limit"),
        (
            {"kind": "wfs", "service": 'layer = "a"\nfilter = "<a/>"\nbbox = [1, 2, 3, 4]'},
            "service.filter",
        ),
        ({"kind": "geojson", "service": "page_size = 10"}, "service.page_size"),
        (
            {"service": 'layer = "a"\ncounts = false', "key": 'id"]\ncomplete = true\nx = ["'},
            "complete",
        ),
        ({"limits": "megabytes = 99999"}, "limits.megabytes"),
        ({"limits": "speed = 1"}, "limits.speed"),
        ({"fields": "height_m = ["}, "neighbour.toml"),
    ],
)
def test_mistakes_are_told_by_their_key(described, there, description, told):
    with pytest.raises(LoadError, match=told) as error:
        described(**description)
    assert "neighbour.toml" in str(error.value)
    assert there.asked == []


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.toml")), ids=lambda file: file.stem)
def test_samples_are_right(file):
    source = read_source(file)
    assert source.service.url.startswith("https://")
    assert source.contact
    if source.layer is not None:
        known = {each.name for each in source.layer.model._meta.concrete_fields}
        assert set(source.mapping.fields or {}) <= known


def test_unknown_sources_are_told_with_those_that_there_are(settings, tmp_path):
    settings.HARVEST_SOURCES = str(tmp_path)
    (tmp_path / "ours.toml").write_text("")
    for name in ("nobody", "../../etc/passwd", "nobody.toml"):
        with pytest.raises(LoadError, match="ours"):
            find_source(name)


def test_own_descriptions_come_before_samples(settings, described, tmp_path):
    source = described()
    settings.HARVEST_SOURCES = str(tmp_path)
    assert find_source("neighbour").path == source.path


def due(settings, tmp_path):
    settings.HARVEST_SOURCES = str(tmp_path)
    return [each.name for each in due_sources()]


def test_sources_are_due_when_their_interval_has_passed(settings, there, described, run, tmp_path):
    offer_api(there, 25)
    source = described()
    assert due(settings, tmp_path) == []
    source.path.write_text("interval_hours = 24\n" + source.path.read_text())
    assert due(settings, tmp_path) == ["neighbour"]
    run(read_source(source.path))
    assert due(settings, tmp_path) == []
    with open_store(source.name, source.digest) as store:
        store._write([], datetime.now(UTC) - timedelta(hours=25))
    assert due(settings, tmp_path) == ["neighbour"]


def command(*arguments):
    out, err = StringIO(), StringIO()
    status = 0
    try:
        call_command("harvest", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        status = end.code
    return status, out.getvalue(), err.getvalue()


def test_the_command_tells_what_it_did(there, described):
    offer_api(there, 25)
    file = str(described().path)
    status, out, err = command(file)
    assert (status, err) == (0, "")
    assert "neighbour → trees" in out
    assert "3 pages, 5 requests" in out
    assert Plant.objects.count() == 25


def test_one_neighbours_trouble_is_not_anothers(there, described, tmp_path):
    offer_api(there, 25)
    good = described().path
    bad = tmp_path / "bad.toml"
    bad.write_text(good.read_text().replace("/api/", "/gone/"))
    status, _out, err = command(str(bad), str(good))
    assert status == 2
    assert "bad: http" in err
    assert "404" in err
    assert Plant.objects.count() == 25


def test_rows_that_cannot_be_used_are_in_a_report(there, described, tmp_path):
    offer_api(there, 25)
    file = described(fields='species = "species"\nheight_m = "id"').path
    status, out, _err = command(str(file), "--report", str(tmp_path))
    assert status == 2
    assert "25" in (tmp_path / "neighbour.csv").read_text()
    assert "neighbour.csv" in out


@pytest.mark.parametrize("arguments", [[], ["x", "--due"]])
def test_what_is_to_be_harvested_must_be_said(arguments):
    with pytest.raises(CommandError) as error:
        call_command("harvest", *arguments)
    assert error.value.returncode == 2
