"""The catalogue: what DCAT-AP.de demands of each class, addresses that answer, the licence of the data."""

import json
import os
from contextlib import nullcontext
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from rdflib import RDF, Graph, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, FOAF, SKOS

from geoplatform.catalog.models import Licensing, Source
from geoplatform.services.catalogue.shapes import findings
from layers.quarters import Quarter
from tests import make

pytestmark = pytest.mark.django_db
DCATDE = "http://dcat-ap.de/def/dcatde/"
DCATAP = "http://data.europa.eu/r5r/"
VCARD = "http://www.w3.org/2006/vcard/ns#"
LICENCES = "http://dcat-ap.de/def/licenses/"
CONTRIBUTOR = "http://dcat-ap.de/def/contributors/openDataSchwerin"
HVD = URIRef("http://data.europa.eu/eli/reg_impl/2023/138/oj")


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


@pytest.fixture
def town(settings):
    settings.DCAT_CONTRIBUTOR = CONTRIBUTOR
    settings.CONTACT_EMAIL = "map@example.org"
    made = make.town()[0]
    osm = Source.objects.create(
        name="openstreetmap", title="OpenStreetMap", licence="odbl", attribution="© OSM"
    )
    make.species()
    make.plant(species=make.Species.objects.get(), municipality=made)
    make.garden("site", make.WEST_BOX, licence="odbl", source=osm, municipality=made)
    Licensing.objects.create(table="layers_garden", municipality=made, licence="odbl")
    return made


@pytest.fixture
def graph(town):
    return read("ttl")


def read(form):
    answer = Client().get(f"/catalogue.{form}")
    assert answer.status_code == 200
    assert (
        answer["Content-Type"].split(";")[0]
        == {
            "ttl": "text/turtle",
            "jsonld": "application/ld+json",
        }[form]
    )
    return Graph().parse(data=answer.content, format={"ttl": "turtle", "jsonld": "json-ld"}[form])


def dataset(layer, name="13004000"):
    return URIRef(f"http://testserver/api/collections/{layer}#{name}")


def values(graph, subject, *names):
    return {str(each) for name in names for each in graph.objects(subject, URIRef(str(name)))}


def test_both_forms_say_the_same(town):
    assert isomorphic(read("ttl"), read("jsonld"))
    context = json.loads(Client().get("/catalogue.jsonld").content)["@context"]
    assert context["dcatde"] == DCATDE


def test_each_layer_of_each_municipality_is_a_dataset(graph):
    found = set(graph.subjects(RDF.type, DCAT.Dataset))
    assert found == {
        dataset("municipalities", "all"),
        dataset("species", "all"),
        *(dataset(name) for name in ("quarters", "trees", "fruit-trees", "gardens")),
    }
    [catalogue] = graph.subjects(RDF.type, DCAT.Catalog)
    assert set(graph.objects(catalogue, DCAT.dataset)) == found


def test_what_is_demanded_of_every_class(graph):
    """DCAT-AP.de 3.0, mandatory properties, and the conventions of GovData (K01, K12, K31, K36)."""
    [catalogue] = graph.subjects(RDF.type, DCAT.Catalog)
    for name in (DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCAT.dataset):
        assert set(graph.objects(catalogue, name)), name
    for each in graph.subjects(RDF.type, DCAT.Dataset):
        for name in (DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCAT.contactPoint):
            assert set(graph.objects(each, name)), (each, name)
        for name in (
            DCTERMS.identifier,
            DCTERMS.issued,
            DCTERMS.modified,
            DCAT.theme,
            DCAT.keyword,
        ):
            assert set(graph.objects(each, name)), (each, name)
        assert values(graph, each, f"{DCATDE}contributorID") == {CONTRIBUTOR}
        assert {literal.language for literal in graph.objects(each, DCTERMS.title)} == {"de", "en"}
        distributions = set(graph.objects(each, DCAT.distribution))
        assert distributions
        for part in distributions:
            assert (part, RDF.type, DCAT.Distribution) in graph
            assert len(set(graph.objects(part, DCAT.accessURL))) == 1
            [licence] = graph.objects(part, DCTERMS.license)
            assert str(licence).startswith(LICENCES)
    for each in graph.subjects(RDF.type, DCAT.DataService):
        for name in (DCTERMS.title, DCAT.endpointURL, DCAT.servesDataset, DCTERMS.publisher):
            assert set(graph.objects(each, name)), (each, name)
    for each in set(graph.objects(None, DCTERMS.publisher)):
        assert len(set(graph.objects(each, FOAF.name))) == 1
    for each in set(graph.objects(None, DCAT.contactPoint)):
        assert values(graph, each, f"{VCARD}hasEmail") == {"mailto:map@example.org"}
        assert values(graph, each, f"{VCARD}fn")


def test_what_properties_lead_to_is_of_the_class_that_the_profile_asks_for(graph):
    classes = {
        DCTERMS.license: DCTERMS.LicenseDocument,
        DCTERMS.language: DCTERMS.LinguisticSystem,
        DCTERMS.temporal: DCTERMS.PeriodOfTime,
        DCTERMS.spatial: DCTERMS.Location,
        DCAT.theme: SKOS.Concept,
        DCAT.accessService: DCAT.DataService,
        DCAT.distribution: DCAT.Distribution,
        URIRef(f"{DCATAP}hvdCategory"): SKOS.Concept,
        URIRef(f"{DCATAP}applicableLegislation"): URIRef(
            "http://data.europa.eu/eli/ontology#LegalResource"
        ),
    }
    for name, wanted in classes.items():
        found = set(graph.objects(None, name))
        assert found, name
        assert all((each, RDF.type, wanted) in graph for each in found), name
    for each in graph.subjects(RDF.type, SKOS.Concept):
        assert set(graph.objects(each, SKOS.prefLabel)), each


def test_no_address_is_broken_and_every_distribution_answers(graph):
    client = Client()
    for name in (DCAT.downloadURL, DCAT.accessURL, DCAT.landingPage, DCAT.endpointDescription):
        for address in {str(each) for each in graph.objects(None, name)}:
            assert address.startswith("http://testserver/")
            answer = client.get(address.removeprefix("http://testserver"))
            body = answer.getvalue() if answer.streaming else answer.content
            assert answer.status_code == 200, (address, body[:200])


def test_a_file_holds_its_own_municipality_alone(graph):
    other = make.municipality("13003000", name="Rostock", outline=make.area(12, 54, 12.1, 54.1))
    make.plant(12.05, 54.05, species=make.Species.objects.get(), municipality=other)
    [address] = graph.objects(URIRef(f"{dataset('fruit-trees')}-geojson"), DCAT.downloadURL)
    found = json.loads(Client().get(str(address).removeprefix("http://testserver")).getvalue())
    assert [each["properties"]["municipality"] for each in found["features"]] == ["13004000"]


def test_place_and_time(graph):
    each = dataset("trees")
    key = "http://dcat-ap.de/def/politicalGeocoding/municipalityKey/13004000"
    assert key in values(graph, each, DCTERMS.spatial)
    # DCAT-AP.de 3.0 has it no longer: the place is said by dct:spatial alone.
    assert not values(graph, each, f"{DCATDE}politicalGeocodingURI")
    [box] = [
        literal
        for place in graph.objects(each, DCTERMS.spatial)
        for literal in graph.objects(place, DCAT.bbox)
    ]
    assert str(box).startswith("POLYGON((11.05")
    [period] = graph.objects(each, DCTERMS.temporal)
    assert set(graph.objects(period, DCAT.startDate))


def test_the_licence_is_that_of_the_data_and_names_whom_to_name(graph):
    def licences(layer):
        return {
            str(licence).removeprefix(LICENCES)
            for part in graph.objects(dataset(layer), DCAT.distribution)
            for licence in graph.objects(part, DCTERMS.license)
        }

    assert (licences("trees"), licences("gardens")) == ({"cc-zero"}, {"odbl"})
    [part, *_rest] = graph.objects(dataset("gardens"), DCAT.distribution)
    assert values(graph, part, f"{DCATDE}licenseAttributionByText") == {"© OSM"}


def test_only_what_is_open_enough_counts_as_of_high_value(graph, town):
    quarters = dataset("quarters")
    category = "http://data.europa.eu/bna/c_ac64a52d"
    assert values(graph, quarters, f"{DCATAP}hvdCategory") == {category}
    assert values(graph, quarters, f"{DCATAP}applicableLegislation") == {str(HVD)}
    for part in graph.objects(quarters, DCAT.distribution):
        assert (part, URIRef(f"{DCATAP}applicableLegislation"), HVD) in graph
    # An API for high-value data says so too, and where it is documented (DCAT-AP HVD 3.0).
    [service] = [
        each
        for each in graph.subjects(RDF.type, DCAT.DataService)
        if str(each).endswith("#ogc-api")
    ]
    assert category in values(graph, service, f"{DCATAP}hvdCategory")
    assert values(graph, service, FOAF.page, DCAT.endpointDescription)
    assert not values(graph, dataset("trees"), f"{DCATAP}hvdCategory")


def test_share_alike_is_not_open_enough(town, settings):
    Quarter.objects.update(licence="odbl")
    assert not values(read("ttl"), dataset("quarters"), f"{DCATAP}hvdCategory")


def test_two_licences_of_one_table_are_two_datasets(town):
    """Of a table without municipalities each licence is a dataset of its own, with files of its own."""
    make.municipality("13003000", licence="odbl")
    cache.clear()
    graph = read("ttl")
    assert (dataset("municipalities", "all-odbl"), RDF.type, DCAT.Dataset) in graph
    [address] = graph.objects(
        URIRef(f"{dataset('municipalities', 'all-odbl')}-geojson"), DCAT.downloadURL
    )
    found = json.loads(Client().get(str(address).removeprefix("http://testserver")).getvalue())
    assert [each["properties"]["ags"] for each in found["features"]] == ["13003000"]


def test_an_empty_platform_has_an_empty_catalogue():
    graph = read("ttl")
    assert len(set(graph.subjects(RDF.type, DCAT.Catalog))) == 1
    assert not set(graph.subjects(RDF.type, DCAT.Dataset))


def test_unknown_parameters_are_refused():
    assert Client().get("/catalogue.ttl?x=1").status_code == 400
    assert Client().get("/catalogue.xml").status_code == 404


def test_the_map_tells_where_the_catalogue_is(town):
    for address in ("/", "/en/"):
        page = Client().get(address).content.decode()
        assert '<link rel="alternate" type="text/turtle" href="/catalogue.ttl">' in page
        assert '<link rel="alternate" type="application/ld+json" href="/catalogue.jsonld">' in page


@pytest.mark.skipif(
    not os.environ.get("DCAT_SHAPES"),
    reason="DCAT_SHAPES is not set: files of SHACL shapes, with commas between",
)
def test_the_published_shapes_find_no_violation(graph):
    files = [Path(name.strip()) for name in os.environ["DCAT_SHAPES"].split(",")]
    assert [each for each in findings(graph, files) if each.severity == "Violation"] == []


SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
[] a sh:NodeShape ; sh:targetClass dcat:Dataset ;
    sh:property [ sh:path dct:title ; sh:minCount 1 ], [ sh:path %s ; sh:%s ; sh:severity sh:%s ] .
"""


@pytest.mark.parametrize(
    ("path", "demand", "severity", "status", "told"),
    [
        ("dct:title", "minCount 1", "Violation", None, "0 violations, 0 warnings"),
        ("dct:creator", "minCount 1", "Violation", 1, "6 violations, 0 warnings"),
        ("dct:identifier", "maxCount 0", "Warning", None, "0 violations, 6 warnings"),
    ],
)
def test_the_command_tells_what_shapes_find(
    town, tmp_path, capsys, path, demand, severity, status, told
):
    file = tmp_path / "shapes.ttl"
    file.write_text(SHAPES % (path, demand, severity))
    ended = pytest.raises(SystemExit) if status else nullcontext()
    with ended as raised:
        call_command("catalogue", "--shapes", str(file), "--base", "https://green.example")
    assert raised is None or raised.value.code == status
    said = capsys.readouterr().out
    assert told in said
    assert ("https://green.example/api/collections/" in said) == (
        status == 1 or severity == "Warning"
    )


SCHEME = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
[] a sh:NodeShape ; sh:targetObjectsOf dcat:theme ;
    sh:node [ sh:property [ sh:path skos:inScheme ; sh:hasValue <https://vocabulary.example/themes> ] ] .
"""


def test_a_vocabulary_may_stand_beside_the_shapes(graph, tmp_path):
    shapes, vocabulary = tmp_path / "shapes.ttl", tmp_path / "themes.ttl"
    shapes.write_text(SCHEME)
    themes = set(graph.objects(None, DCAT.theme))
    scheme = "<https://vocabulary.example/themes>"
    vocabulary.write_text("".join(f"<{each}> <{SKOS.inScheme}> {scheme} .\n" for each in themes))
    assert len(findings(graph, [shapes])) == len(themes) > 0
    assert findings(graph, [shapes, vocabulary]) == []


def test_the_command_writes_the_catalogue(town, capsys):
    call_command("catalogue", "--base", "https://green.example/")
    written = Graph().parse(data=capsys.readouterr().out, format="turtle")
    subjects = {str(each) for each in written.subjects(RDF.type, DCAT.Dataset)}
    assert "https://green.example/api/collections/trees#13004000" in subjects


@pytest.mark.parametrize("content", ["no Turtle at all {", None])
def test_shapes_that_cannot_be_read_are_named(town, tmp_path, content):
    file = tmp_path / "shapes.ttl"
    if content:
        file.write_text(content)
    with pytest.raises(CommandError, match=r"shapes\.ttl") as raised:
        call_command("catalogue", "--shapes", str(file))
    assert raised.value.returncode == 2
