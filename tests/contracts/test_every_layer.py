"""Declaration, table, history and every service, for each layer there is."""

from __future__ import annotations

import json

import pytest
from django.contrib import admin
from django.core.checks import run_checks
from django.db import connection
from django.test import Client
from django.urls import reverse

from geoplatform.catalog import registry
from geoplatform.catalog.facets import facets, first_level, has_pyramid
from geoplatform.catalog.properties import properties
from geoplatform.database.upkeep import Upkeep
from geoplatform.pyramid import check
from geoplatform.rendering.legend import legend
from tests import make, mvt
from tests.contracts import samples
from tests.mvt import tile_of
from tests.pyramid import brute

pytestmark = pytest.mark.django_db
LAYERS = registry.layers()
MAP_LAYERS = registry.map_layers()


def by_name(layer):
    return layer.name


@pytest.fixture(params=LAYERS, ids=by_name)
def layer(request):
    return request.param


@pytest.fixture(params=MAP_LAYERS, ids=by_name)
def map_layer(request):
    return request.param


@pytest.fixture
def feature(layer):
    make.town()
    return samples.feature(layer)


def get(path: str, **headers: str):
    return Client().get(path, headers=headers)


def body(response) -> dict:
    return json.loads(response.getvalue())


def test_declarations_are_sound():
    assert [message for message in run_checks() if message.id.startswith("catalog.")] == []


def test_table_is_under_upkeep(layer):
    assert any(isinstance(each, Upkeep) for each in layer.model._meta.constraints)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [layer.model._meta.db_table],
        )
        triggers = dict(cursor.fetchall())
    assert {
        "keep_insert",
        "keep_update",
        "archive_update",
        "archive_delete",
        "refuse_truncate",
    } <= set(triggers)
    assert set(triggers.values()) == {"A"}, "all triggers are ENABLE ALWAYS"


def test_trigger_functions_cannot_be_led_astray(layer):
    """The owner's rights with a fixed search path, and no plan from the day when a table was empty."""
    table = layer.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosecdef, proconfig FROM pg_proc WHERE proname = ANY (%s)",
            [[f"keep_{table}", f"archive_{table}", "changeset"]],
        )
        found = {name: (definer, config) for name, definer, config in cursor.fetchall()}
    assert len(found) == 3
    for name, (definer, config) in found.items():
        assert definer, name
        assert "search_path=pg_catalog, public, pg_temp" in config, name
        assert name.startswith("archive_") or "enable_seqscan=off" in config, name


def test_every_versioned_column_is_in_the_history(layer):
    upkeep = next(each for each in layer.model._meta.constraints if isinstance(each, Upkeep))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
            [f"history.{layer.model._meta.db_table}"],
        )
        columns = {name for (name,) in cursor.fetchall()}
    assert set(upkeep.versioned) <= columns


def test_delete_leaves_its_last_version(layer, feature):
    table = layer.model._meta.db_table
    identity, version = feature.pk, feature.version
    feature.delete()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT version, deleted FROM history.{table} WHERE id = %s", [identity])
        assert (version, True) in cursor.fetchall()


def test_collection_describes_the_layer(layer, feature):
    listed = {each["id"]: each for each in body(get("/api/collections"))["collections"]}
    assert listed[layer.name] == body(get(f"/api/collections/{layer.name}"))
    assert all({"href", "rel", "type"} <= set(link) for link in listed[layer.name]["links"])


def test_items_hold_exactly_the_public_properties(layer, feature):
    response = get(f"/api/collections/{layer.name}/items?limit=50000")
    assert response.headers["Content-Type"] == "application/geo+json"
    collection = body(response)
    assert (
        collection["numberReturned"] == collection["numberMatched"] == len(collection["features"])
    )
    found = {each["id"]: each for each in collection["features"]}[str(feature.pk)]
    assert list(found["properties"]) == [each.name for each in properties(layer)]
    for each in properties(layer):
        if each.foreign_key is None and each.json_type == "string" and each.format is None:
            assert found["properties"][each.name] == getattr(feature, each.path), each.name
    assert (found["geometry"] is None) == (layer.geometry is None)
    single = body(get(f"/api/collections/{layer.name}/items/{feature.pk}"))
    assert single.pop("links")
    assert single == found


def test_bbox_finds_what_lies_in_it(map_layer):
    make.town()
    made = samples.feature(map_layer)
    near = body(get(f"/api/collections/{map_layer.name}/items?bbox=11.0,53.0,11.09,53.09"))
    far = body(get(f"/api/collections/{map_layer.name}/items?bbox=20,40,21,41"))
    assert str(made.pk) in {each["id"] for each in near["features"]}
    assert far["features"] == []


def test_equality_on_every_public_property(layer, feature):
    for each in properties(layer):
        if each.foreign_key is not None:
            continue
        value = getattr(feature, each.path)
        if value is None or each.format == "date-time":
            continue
        text = str(value).lower() if isinstance(value, bool) else value
        response = Client().get(
            f"/api/collections/{layer.name}/items", {each.name: text, "limit": 1000}
        )
        assert str(feature.pk) in {f["id"] for f in body(response)["features"]}, each.name


def test_hidden_fields_are_not_searchable(layer):
    shown = {each.name for each in properties(layer)}
    for field in layer.model._meta.get_fields():
        if field.name not in shown:
            response = get(f"/api/collections/{layer.name}/items?{field.name}=1")
            assert response.status_code == 400, field.name
            assert response.headers["Content-Type"] == "application/problem+json"


def test_items_take_a_fixed_number_of_queries(layer, feature, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        get(f"/api/collections/{layer.name}/items").getvalue()


def test_tile_holds_the_feature(map_layer):
    make.town()
    made = samples.feature(map_layer)
    point = made.__dict__[map_layer.geometry].point_on_surface
    z = max(map_layer.zooms[0], 14)
    x, y = tile_of(point.x, point.y, z)
    response = get(f"/tiles/{map_layer.name}/{z}/{x}/{y}.mvt")
    assert response.status_code == 200
    assert str(made.pk).encode() in response.content
    again = get(
        f"/tiles/{map_layer.name}/{z}/{x}/{y}.mvt", **{"If-None-Match": response.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert get(f"/tiles/{map_layer.name}/{z}/0/0.mvt").content == b""


def test_every_layer_of_points_has_a_pyramid_that_is_exact(map_layer):
    """Its tile equals brute force, as does each facet's, and the rows say the same."""
    if not has_pyramid(map_layer):
        assert not map_layer.facets
        return
    make.town()
    made = samples.feature(map_layer)
    point = made.__dict__[map_layer.geometry]
    for z in range(first_level(map_layer), 14):
        x, y = tile_of(point.x, point.y, z)
        wanted = brute.cells(brute.rows(map_layer, {}), z, x, y)
        assert brute.kept(map_layer, z, x, y, ()) == wanted
        response = get(f"/tiles/{map_layer.name}/{z}/{x}/{y}.mvt")
        in_tile = mvt.points(response.content)
        drawn = [each for each in in_tile if each["layer"] == map_layer.name]
        if z >= map_layer.zooms[0]:
            assert (made.fid, 1) in {(each["id"], each["properties"]["n"]) for each in drawn}
            assert sum(each["properties"]["n"] for each in drawn) == sum(
                v[0] for v in wanted.values()
            )
        else:
            assert in_tile == []
        for facet in facets(map_layer):
            if not facet.is_mask:
                value = str(made.__dict__.get(facet.name, ""))
                choices = brute.choices(map_layer, {facet.name: value})
                rows = brute.rows(map_layer, {facet.name: value})
                assert brute.kept(map_layer, z, x, y, choices) == brute.cells(rows, z, x, y), facet
    for level in check.levels(map_layer):
        assert check.differences(map_layer, level) == []


def test_tilejson_and_styles_are_absolute(map_layer):
    found = body(get(f"/tiles/{map_layer.name}.json"))
    assert found["tilejson"] == "3.0.0"
    assert found["tiles"] == [f"http://testserver/tiles/{map_layer.name}/{{z}}/{{x}}/{{y}}.mvt"]
    style = body(get(f"/styles/{map_layer.name}.json"))
    assert (
        style["sources"][map_layer.name]["url"] == f"http://testserver/tiles/{map_layer.name}.json"
    )
    whole = body(get("/styles/geoplatform.json"))
    ids = [each["id"] for each in whole["layers"]]
    assert len(ids) == len(set(ids))
    assert any(each.startswith(f"{map_layer.name}/") for each in ids)


def test_legend_has_a_picture_for_each_entry(map_layer):
    entries = legend(map_layer)
    assert entries
    assert all(each.svg.startswith("<svg") and "style=" not in each.svg for each in entries)


def test_layer_without_geometry_has_no_map_services():
    for layer in LAYERS:
        if not layer.geometry:
            assert get(f"/tiles/{layer.name}/0/0/0.mvt").status_code == 404
            assert get(f"/tiles/{layer.name}.json").status_code == 404


def test_page_of_the_feature(layer, feature):
    for prefix in ("", "/en"):
        response = get(f"{prefix}/{layer.name}/{feature.pk}")
        assert response.status_code == 200
        assert not response.cookies
        assert "<b>" not in response.content.decode().replace("<b>Leaflet", ""), (
            "text is shown as text"
        )


def test_openapi_names_the_layer(layer):
    paths = body(get("/api/openapi"))["paths"]
    assert f"/collections/{layer.name}/items" in paths


def test_admin_page_opens(layer, feature, admin_client):
    assert admin.site.is_registered(layer.model)
    options = layer.model._meta
    response = admin_client.get(
        reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[feature.pk])
    )
    assert response.status_code == 200
    assert (
        admin_client.get(
            reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        ).status_code
        == 200
    )


def test_readers_get_no_cookie(layer, feature):
    for path in (
        "/api/",
        "/api/collections",
        f"/api/collections/{layer.name}/items",
        "/styles/geoplatform.json",
    ):
        assert not get(path).cookies
