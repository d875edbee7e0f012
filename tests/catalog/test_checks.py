"""A wrong declaration is told by `manage.py check`, with an id and a hint."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.db.models import Q

from geoplatform.catalog import registry
from geoplatform.catalog.checks import check_layers
from geoplatform.catalog.layer import Layer, Related
from geoplatform.catalog.symbols import Categorized, Fill, Marker, Stroke
from layers.plants import Plant

GOOD = registry.get("trees")


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"model": User}, 1),
        ({"name": "Bad Name"}, 2),
        ({"name": "x--y"}, 2),
        ({"geometry": "nowhere"}, 3),
        ({"geometry": "note"}, 3),
        ({"public": ("nothing",)}, 4),
        ({"public": ("species",)}, 4),
        ({"public": (Related("x", "note__y"),)}, 4),
        ({"public": (Related("x", "species__nothing"),)}, 4),
        ({"public": ("note", "note")}, 4),
        ({"public": (Related("bbox", "species__genus"),)}, 4),
        ({"editable": ("nothing",)}, 5),
        ({"editable": ("edible",)}, 5),
        ({"editable": ("version",)}, 5),
        ({"symbol": None}, 7),
        ({"symbol": Fill(color="#ffffff")}, 7),
        (
            {
                "symbol": Categorized(
                    "growth_form", {"tree": Stroke(color="#ffffff")}, Marker(color="#ffffff")
                )
            },
            7,
        ),
        ({"symbol": Categorized("own_edible", {}, Marker(color="#ffffff"))}, 8),
        ({"label": "own_edible"}, 8),
        ({"zooms": (15, 10)}, 8),
        ({"role": "species"}, 9),
        ({"geometry": None, "symbol": None, "facets": ("status",)}, 10),
        ({"facets": ("nothing",)}, 11),
        ({"facets": ("own_edible",)}, 11),
        ({"facets": ("height_m",)}, 11),
        ({"facets": ("last_confirmed",)}, 11),
        ({"facets": ("status", "status")}, 11),
        ({"facets": ("ripe", "status")}, 12),
        ({"where": Q(species__edible=True)}, 13),
        ({"coupled": (("species", "edible"),)}, 14),
        ({"coupled": (("species", "cultivar"), ("cultivar", "note"))}, 14),
        ({"within": "species"}, 15),
        ({"within": "note"}, 15),
    ],
)
def test_each_fault_has_its_id_and_a_hint(monkeypatch, changes, number):
    bad = replace(GOOD, **{"name": "checked", **changes})
    monkeypatch.setattr(registry, "_layers", {**registry._layers, "checked": bad})
    found = [each for each in check_layers() if each.id == f"catalog.E{number:03}"]
    assert found, [each.msg for each in check_layers()]
    assert all(each.hint for each in found)


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="trees"):
        registry.register(replace(GOOD))


def test_what_is_drawn_beneath_comes_first():
    names = [each.name for each in registry.map_layers()]
    assert names.index("municipalities") < names.index("quarters") < names.index("green-spaces")
    assert (
        names.index("gardens")
        < names.index("garden-plots")
        < names.index("streets")
        < names.index("trees")
    )


def test_rows_follow_where():
    layer = Layer(
        name="x", title="x", model=Plant, geometry="location", public=(), where=Q(edible=True)
    )
    assert "edible" in str(layer.rows().query)
