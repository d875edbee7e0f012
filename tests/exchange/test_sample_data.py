"""The ready mappings on real open data: the figures that each file must give, and that a second run changes none."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pyogrio
import pytest
from django.core.management import call_command
from django.db import connection

from geoplatform.catalog import registry
from tests import make

MAPPINGS = Path(__file__).resolve().parents[2] / "fixtures" / "mappings"
# layer, file, mapping, layers to count, features there are then, status
FILES = [
    ("quarters", "bonn/bonn_ortsteile.geojson", "bonn-quarters", {"quarters": 51}, 0),
    ("trees", "bonn/bonn_trees.csv.gz", "bonn-trees", {"trees": 65_870}, 0),
    (
        "fruit-trees",
        "linz/baeume-obst.csv",
        "linz-fruit-trees",
        {"trees": 1_961, "fruit-trees": 1_961},
        3,
    ),
    ("trees", "linz/baeume-alle.csv", "linz-trees", {"trees": 18_503}, 3),
    ("quarters", "rostock/stadtbereiche.shp", "rostock-quarters", {"quarters": 21}, 0),
    (
        "quarters",
        "cologne/cologne_districts_polygons.geojson",
        "cologne-quarters",
        {"quarters": 86},
        3,
    ),
    (
        "green-spaces",
        "cologne/osm_green_spaces_leisure.geojson.gz",
        "cologne-green-spaces",
        {"green-spaces": 2_600},
        3,
    ),
    (
        "gardens",
        "cologne/osm_green_spaces_agriculture.geojson.gz",
        "cologne-allotments",
        {"gardens": 313},
        3,
    ),
    ("streets", "cologne/osm_highway.geojson.gz", "cologne-streets", {"streets": 71_709}, 3),
    ("trees", "scale/trees_6cities_wgs84.parquet", "six-cities-trees", {"trees": 175_419}, 3),
]


def load(layer: str, path: Path, mapping: str, *options: str) -> int:
    try:
        call_command(
            "load",
            layer,
            str(path),
            "--mapping",
            str(MAPPINGS / f"{mapping}.toml"),
            *options,
            stdout=StringIO(),
        )
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def versions() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM geoplatform.kept")
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT " + " + ".join(f"(SELECT count(*) FROM history.{name})" for name in tables)
        )
        return int(cursor.fetchone()[0])


@pytest.mark.prove
@pytest.mark.parametrize(
    ("layer", "file", "mapping", "counts", "status"), FILES, ids=[each[2] for each in FILES]
)
def test_ready_mappings(fresh_database, sample_data, layer, file, mapping, counts, status):
    if mapping == "bonn-trees":
        assert load("quarters", sample_data / FILES[0][1], FILES[0][2]) == 0
    if mapping == "linz-trees":
        assert load("fruit-trees", sample_data / FILES[2][1], FILES[2][2]) == 3
    assert load(layer, sample_data / file, mapping) == status
    found = {name: registry.get(name).rows().count() for name in counts}
    assert found == counts
    before = versions()
    assert load(layer, sample_data / file, mapping) == status
    assert {name: registry.get(name).rows().count() for name in counts} == counts
    assert versions() == before, "a second run writes no version"
    if mapping == "bonn-trees":
        assert registry.get("trees").rows().filter(quarter=None).count() == 0
        assert registry.get("fruit-trees").rows().count() > 1000
    if mapping == "linz-fruit-trees":
        assert registry.get("fruit-trees").rows().filter(fruit_from=None).count() == 0


@pytest.mark.prove
def test_inhabitants_join_the_quarters_of_the_fixtures(fresh_database, sample_data):
    call_command("load-fixtures", stdout=StringIO())
    quarters = registry.get("quarters").rows()
    quarters.update(inhabitants=None, inhabitants_date=None)
    path = sample_data / "schwerin/schwerin_stadtteile_einwohner_2017-09-30.csv"
    assert load("quarters", path, "schwerin-inhabitants", "--update") == 0
    figures = [n for n in quarters.values_list("inhabitants", flat=True) if n is not None]
    assert (len(figures), sum(figures)) == (24, 99_246)


@pytest.mark.prove
def test_an_extract_of_openstreetmap(fresh_database, sample_data):
    """What GDAL counts in the same file: a second reader that shares no code with the first."""
    path = sample_data / "osm" / "miraustr.osm.pbf"
    make.municipality("11000000", name="Berlin", outline=make.area(13.2, 52.5, 13.5, 52.7))
    call_command("load-fixtures", stdout=StringIO())
    with pytest.raises(SystemExit) as end:
        call_command("load-osm", str(path), "--municipality", "11000000", stdout=StringIO())
    assert end.value.code == 3, "the boundaries of three quarters lie partly outside of the extract"
    parks = registry.get("green-spaces").rows().filter(source__name="openstreetmap", kind="park")
    sites = registry.get("gardens").rows().filter(source__name="openstreetmap")
    plots = registry.get("garden-plots").rows().filter(source__name="openstreetmap")
    trees = registry.get("trees").rows().filter(source__name="openstreetmap")
    found = {
        "trees": set(trees.values_list("source_key", flat=True)),
        "parks": set(parks.values_list("source_key", flat=True)),
        "sites": set(sites.filter(kind="allotment-site").values_list("source_key", flat=True)),
        "plots": set(plots.values_list("source_key", flat=True)),
    }
    assert {name: len(keys) for name, keys in found.items()} == {
        "trees": 2_866,
        "parks": 19,
        "sites": 27,
        "plots": 446,
    }
    assert found == {
        "trees": _by_gdal(path, "points", natural="tree"),
        "parks": _by_gdal(path, "multipolygons", leisure="park"),
        "sites": _by_gdal(path, "multipolygons", landuse="allotments"),
        # To GDAL a closed way with no other tag than this one is a line.
        "plots": _by_gdal(path, "multipolygons", allotments="plot")
        | _by_gdal(path, "lines", allotments="plot"),
    }
    assert plots.filter(garden=None).count() == 0
    kept = {each.pk: each.area for each in sites}
    for plot in plots:
        assert kept[plot.garden_id].intersects(plot.area.point_on_surface)
    before = versions()
    with pytest.raises(SystemExit):
        call_command("load-osm", str(path), "--municipality", "11000000", stdout=StringIO())
    assert versions() == before


def _by_gdal(path: Path, layer: str, **tag: str) -> set[str]:
    """The keys of all objects with a tag, by GDAL's OSM driver."""
    [(key, value)] = tag.items()
    _meta, table = pyogrio.raw.read_arrow(path, layer=layer)
    columns = {
        name: table[name].to_pylist() for name in table.column_names if name != "wkb_geometry"
    }
    found = set()
    for row in range(table.num_rows):
        other = columns["other_tags"][row] or ""
        value_here = columns[key][row] if key in columns else None
        if value_here == value or f'"{key}"=>"{value}"' in other:
            kind, number = "way", columns["osm_id"][row]
            if layer == "points":
                kind = "node"
            elif layer == "multipolygons" and number is not None:
                kind = "relation"
            elif layer == "multipolygons":
                number = columns["osm_way_id"][row]
            found.add(f"{kind}/{number}")
    return found
