"""What the process that reads OpenStreetMap hands over: pieces of CSV, each with its length before it."""

import subprocess
import sys
from dataclasses import asdict

from django.conf import settings

from geoplatform.formats import osm, osm_read
from geoplatform.formats.readers import GEOMETRY


def test_rows_come_in_pieces_whatever_stands_in_them(tmp_path, monkeypatch):
    """Lines, quotes and commas within a tag; nothing, which is no text; a second piece, and one by its bytes."""
    strange = ['a\nb\r\n"c", d', "", "  spaced ", "ü€😀", "'", ","]
    selection = osm.Selection(geometry="point", take={"natural=tree": "tree"}, tags=["name", "ref"])
    file = tmp_path / "pieces"
    monkeypatch.setattr(osm_read, "ROWS_AT_ONCE", 4)
    monkeypatch.setattr(osm_read, "BYTES_AT_ONCE", 300)
    written = osm_read.Selection({**asdict(selection), "file": str(file)})
    shape = "0101000000" + "00" * 16
    for number, name in enumerate(strange):
        written.add(f"node/{number}", "tree", {"name": name, "ref": "x" * 150 * number}, shape)
    written.add("node/9", "tree", {}, None)
    written.end()
    tables = list(osm.Found(file, selection.columns, {}).batches())
    assert len(tables) > 2
    rows = [row for table in tables for row in table.to_pylist()]
    assert [row["name"] for row in rows] == [*(each or None for each in strange), None]
    assert [row["ref"] for row in rows[1:4]] == ["x" * 150, "x" * 300, "x" * 450]
    assert [row["@id"] for row in rows] == [*(f"node/{n}" for n in range(len(strange))), "node/9"]
    assert {row[GEOMETRY] for row in rows[:-1]} == {bytes.fromhex(shape)}
    assert rows[-1][GEOMETRY] is None


def test_the_reader_starts_without_what_costs_more_than_it_reads():
    code = "import sys, geoplatform.formats.osm_read; print({'numpy', 'pyarrow', 'django'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"
