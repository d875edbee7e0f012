"""Every layer can be filtered by all it shows, and by nothing else; its schemas say so."""

import json

import jsonschema
import pytest
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.catalog.properties import property_by_name
from geoplatform.query.cql2.compiler import queryable
from tests import make
from tests.contracts import samples

pytestmark = pytest.mark.django_db
LAYERS = registry.layers()
ENGLISH = {"accept-language": "en"}
# For each type of a queryable, predicates that the standard's abstract tests ask for.
PREDICATES = {
    "boolean": ["{} = true", "{} <> false", "{}", "NOT {}"],
    "number": ["{} = 3", "{} < 3.14", "{} BETWEEN 0 AND 100", "{} IN (1,2,3)", "{} + 1 > {}", "{} % 2 = 0"],
    "text": ["{} = 'foo'", "{} <> 'bår'", "{} LIKE 'foo%'", "CASEI({}) = casei('FOO')",
             "accenti({}) LIKE accenti('%é%')"],
    "date": ["{} > DATE('2022-04-16')", "T_BEFORE({}, INTERVAL('2021-01-01','..'))"],
    "timestamp": ["{} > TIMESTAMP('2022-04-16T10:13:19Z')", "T_INTERSECTS({}, INTERVAL('..','2021-12-31T23:59:59Z'))"],
    "season": ["A_OVERLAPS({}, (8, 8.5))", "A_CONTAINS({}, (8))", "A_CONTAINEDBY({}, (1, 12.5))", "A_EQUALS({}, (7))"],
    "uuid": ["{} = '00000000-0000-0000-0000-000000000000'"],
    "geometry": [
        f"S_{name}({{}}, {literal})"
        for name in ("INTERSECTS", "DISJOINT", "CONTAINS", "WITHIN", "TOUCHES", "CROSSES", "OVERLAPS", "EQUALS")
        for literal in ("POINT(11 53)", "BBOX(11,53,12,54)", "POLYGON((11 53,12 53,12 54,11 53))")
    ] + ["S_DWITHIN({}, POINT(11 53), 100)"],
}  # fmt: skip


@pytest.fixture(params=LAYERS, ids=lambda layer: layer.name)
def layer(request):
    return request.param


def items(layer, **parameters):
    response = Client().get(f"/api/collections/{layer.name}/items", parameters, headers=ENGLISH)
    return response.status_code, json.loads(response.getvalue())


def kinds(layer):
    from geoplatform.query.cql2.compiler import Compiler
    from geoplatform.query.crs import CRS84

    compiler = Compiler(layer, CRS84)
    return {name: compiler.value({"property": name}, ()).kind for name in queryable(layer)}


def test_every_queryable_is_filtered_by(layer):
    make.town()
    samples.feature(layer)
    for name, kind in kinds(layer).items():
        for predicate in ["{} IS NULL", *PREDICATES[kind]]:
            status, body = items(layer, filter=predicate.replace("{}", name))
            assert status == 200, (predicate, name, body)


def test_a_feature_is_found_by_each_of_its_values(layer):
    make.town()
    feature = samples.feature(layer)
    _status, body = items(layer)
    [shown] = [each for each in body["features"] if each["id"] == str(feature.pk)]
    for name, value in {"id": shown["id"], **shown["properties"]}.items():
        kind = kinds(layer)[name]
        written = {
            "date": {"date": value},
            "timestamp": {"timestamp": value},
        }.get(kind, value)
        tree = {"op": "isNull", "args": [{"property": name}]}
        if value is not None:
            tree = {"op": "=", "args": [{"property": name}, written]}
        status, body = items(layer, filter=json.dumps(tree), **{"filter-lang": "cql2-json"})
        assert status == 200, body
        assert shown["id"] in [each["id"] for each in body["features"]], name


def test_nothing_hidden_is_found(layer):
    for field in layer.model._meta.get_fields():
        if field.name not in queryable(layer):
            status, body = items(layer, filter=f"{field.name} IS NULL")
            assert status == 400, field.name
            assert body["errors"][0]["field"] == "filter"
            assert "position 1 " in body["detail"]


@pytest.mark.parametrize("name", ["queryables", "schema"])
def test_schemas(layer, name):
    address = f"/api/collections/{layer.name}/{name}"
    response = Client().get(address, headers={"accept": "application/schema+json"})
    assert response.status_code == 200
    assert response["Content-Type"] == "application/schema+json"
    body = json.loads(response.content)
    jsonschema.Draft202012Validator.check_schema(body)
    assert body["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert body["$id"] == f"http://testserver{address}"
    assert body["type"] == "object"
    roles = [each.get("x-ogc-role") for each in body["properties"].values()]
    assert roles.count("id") == 1
    assert roles.count("primary-geometry") == (1 if layer.geometry else 0)
    places = [each["x-ogc-property-seq"] for each in body["properties"].values()]
    assert places == sorted(set(places))
    for each in body["properties"].values():
        assert ("type" in each) != each.get("format", "").startswith("geometry-")
        assert each["title"]
    collection = json.loads(Client().get(f"/api/collections/{layer.name}").content)
    relation = f"http://www.opengis.net/def/rel/ogc/1.0/{name}"
    assert [each["href"] for each in collection["links"] if each["rel"] == relation] == [
        body["$id"]
    ]
    assert Client().get(address, {"x": 1}).status_code == 400


def test_queryables_are_what_filters_take(layer):
    body = json.loads(Client().get(f"/api/collections/{layer.name}/queryables").content)
    assert set(body["properties"]) == set(queryable(layer))
    assert body["additionalProperties"] is False


def test_what_is_shown_fits_the_schema(layer):
    """Values that are known; what is not known is null in GeoJSON and absent here."""
    make.town()
    feature = samples.feature(layer)
    schema = json.loads(Client().get(f"/api/collections/{layer.name}/schema").content)
    shown = json.loads(Client().get(f"/api/collections/{layer.name}/items/{feature.pk}").getvalue())
    values = {name: value for name, value in shown["properties"].items() if value is not None}
    assert set(property_by_name(layer)) <= set(schema["properties"])
    schema.pop("required", None)
    jsonschema.validate(values, schema, jsonschema.Draft202012Validator)
    for name in shown["properties"]:
        assert schema["properties"][name].get("readOnly", False) == (name not in layer.editable)
