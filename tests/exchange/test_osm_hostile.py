"""OSM files that are broken or mean harm: one line with name and reason, nothing loaded, memory bounded."""

import bz2
import gzip
import math
import resource

import osmium
import pytest
from django.core.management import CommandError, call_command

from geoplatform.exchange import geometry
from geoplatform.formats import osm
from layers.green_spaces import GreenSpace
from layers.plants import Plant
from tests import make
from tests.exchange.osm_files import OsmFile

pytestmark = pytest.mark.django_db
TREE = "<node id='1' version='1' lon='11.05' lat='53.05'><tag k='natural' v='tree'/></node>"
ENTITIES = f"""<?xml version='1.0'?><!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<osm version='0.6'>{TREE}<node id='2' lon='11' lat='53'><tag k='natural' v='&b;'/></node></osm>"""


def refused(path, told):
    make.town()
    with pytest.raises(CommandError, match=told) as error:
        call_command("load-osm", str(path))
    assert error.value.returncode == 2
    assert path.name in str(error.value)
    assert "\n" not in str(error.value).strip()
    assert Plant.objects.count() == 0


@pytest.fixture
def pbf(tmp_path):
    """A file with a tree as PBF, written by pyosmium."""
    source = tmp_path / "source.osm"
    file = OsmFile()
    for number in range(2000):
        file.node(11.05 + number * 1e-6, 53.05, natural="tree", note=f"no. {number}")
    source.write_text(file.xml())
    path = tmp_path / "town.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for each in osmium.FileProcessor(str(source)):
            writer.add(each)
    return path


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_file_cut_short(pbf, part):
    data = pbf.read_bytes()
    pbf.write_bytes(data[: int(len(data) * part)])
    refused(pbf, "cannot be read")


def test_a_file_with_flipped_bytes(pbf):
    data = bytearray(pbf.read_bytes())
    for place in range(len(data) // 3, 2 * len(data) // 3):
        data[place] ^= 0x5A
    pbf.write_bytes(data)
    refused(pbf, "cannot be read")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("entities.osm", ENTITIES, "entities"),
        ("cut.osm", f"<osm version='0.6'>{TREE}", "cannot be read"),
        ("page.osm", "<html><body>Not found</body></html>", "cannot be read"),
        ("empty.osm", "", "empty"),
        ("other.pdf", "%PDF", "no OSM file"),
        ("noise.osm.pbf", "\0\0\0\rnonsense nonsense nonsense", "cannot be read"),
    ],
)
def test_files_that_are_none(tmp_path, name, text, told):
    path = tmp_path / name
    path.write_text(text)
    refused(path, told)


def test_there_is_no_such_file(tmp_path):
    refused(tmp_path / "missing.osm.pbf", "no such file")


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress)])
def test_packed_files_cut_short(tmp_path, suffix, pack):
    file = OsmFile()
    for number in range(500):
        file.node(11.05 + number * 1e-6, 53.05, natural="tree")
    data = pack(file.xml().encode())
    path = tmp_path / f"cut.osm.{suffix}"
    path.write_bytes(data[: len(data) // 2])
    refused(path, "broken or cut short")


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress)])
def test_a_bomb_is_not_unpacked(tmp_path, suffix, pack):
    path = tmp_path / f"bomb.osm.{suffix}"
    path.write_bytes(pack(b" " * (1 << 22)) * 80)
    refused(path, "times its size")
    assert path.stat().st_size < 1 << 20


def test_a_file_that_needs_more_memory_than_there_is_for_it(tmp_path, monkeypatch):
    """The limit stands before the file: what goes beyond ends the reading process alone."""
    monkeypatch.setattr(osm, "MEMORY", 120_000_000)
    path = tmp_path / "wide.osm"
    with path.open("w") as file:
        file.write("<osm version='0.6'>")
        value = "x" * 900
        for number in range(70_000):
            tags = "".join(
                f"<tag k='{key}' v='{value}{number}'/>" for key in ("species", "species:wikidata")
            )
            tags += "<tag k='natural' v='tree'/>"
            file.write(f"<node id='{number}' version='1' lon='11.05' lat='53.05'>{tags}</node>")
        file.write("</osm>")
    refused(path, "more than 120 MB of memory")


def test_a_polygon_of_a_million_vertices(tmp_path):
    make.town()
    count = 1_000_000
    path = tmp_path / "huge.osm"
    with path.open("w") as file:
        file.write(f"<osm version='0.6'>{TREE}")
        for number in range(count):
            turn = 2 * math.pi * number / count
            longitude, latitude = 11.05 + 0.04 * math.cos(turn), 53.05 + 0.04 * math.sin(turn)
            file.write(f"<node id='{number + 2}' lon='{longitude:.7f}' lat='{latitude:.7f}'/>")
        file.write("<way id='1'>")
        for number in range(count):
            file.write(f"<nd ref='{number + 2}'/>")
        file.write("<nd ref='2'/><tag k='leisure' v='park'/></way></osm>")
    report = tmp_path / "reports"
    with pytest.raises(SystemExit) as end:
        call_command("load-osm", str(path), "--report", str(report))
    assert end.value.code == 3
    assert (GreenSpace.objects.count(), Plant.objects.count()) == (0, 1)
    told = (report / "green-spaces-huge.csv").read_text()
    assert "way/1" in told
    # Kilobytes, of this process and of the reader that ended.
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        assert resource.getrusage(who).ru_maxrss < 1_500_000
    assert count > geometry.MOST_VERTICES
