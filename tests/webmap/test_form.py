"""The form without JavaScript: who may send it, what is refused, and that no cookie is needed."""

from __future__ import annotations

import pytest
from django.core.signing import TimestampSigner
from django.test import Client

from geoplatform.history.models import Changeset
from geoplatform.pages import guard
from layers.plants import Plant
from tests import make

pytestmark = pytest.mark.django_db
FORM = "/fruit-trees/new"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def town():
    make.species()
    return make.town()


def send(headers=OURS, path=FORM, **changes):
    fields = {
        "token": guard.token("fruit-trees"),
        "species": "Apfel",
        "latitude": "53,05",
        "longitude": "11.05",
        **changes,
    }
    return Client(enforce_csrf_checks=True).post(path, fields, headers=headers)


def refused(response):
    assert response.status_code == 422
    assert Plant.objects.count() == 0
    return response.content.decode()


def test_a_tree_is_stored_and_its_page_shown():
    response = send(access="public", height_m="6,5", note="am Weg")
    plant = Plant.objects.get()
    assert response.status_code == 303
    assert response.headers["Location"].startswith(f"/fruit-trees/{plant.id}?sent=")
    assert (plant.status, plant.height_m, plant.species.german_name) == (
        "unconfirmed",
        6.5,
        "Apfel",
    )
    assert not response.cookies
    assert Changeset.objects.latest("id").channel == "map"


@pytest.mark.parametrize("name", ["apfel", "Malus domestica", "Apfel (Malus domestica)", "APPLE"])
def test_any_name_of_a_species_is_understood(name):
    assert send(species=name).status_code == 303


def test_a_name_of_several_is_asked_back():
    make.species("Malus sylvestris", german_name="Apfel", english_name="Crab apple")
    assert "heißen mehrere" in refused(send())
    assert send(species="Apfel (Malus sylvestris)").status_code == 303


def test_a_name_means_what_the_form_offers_first():
    make.species("Malus", german_name="Apfel", english_name="Apple", edible=None)
    assert send(species="Apfel").status_code == 303
    assert Plant.objects.get().species.botanical_name == "Malus domestica"
    # Still known by the name that is its alone, and edible if one says so.
    other = send(species="Apfel (Malus)", own_edible="true", latitude="53.06")
    assert other.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
        {"Referer": "http://["},
        {},
    ],
)
def test_forms_of_other_sites_are_refused(headers):
    assert "nicht von einer Seite dieser Plattform" in refused(send(headers))


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://testserver"}, {"Referer": "http://testserver/"}]
)
def test_older_browsers_may_send_it_too(headers):
    assert send(headers).status_code == 303


@pytest.mark.parametrize("token", ["", "fruit-trees", "fruit-trees:x:y"])
def test_without_our_token_it_is_asked_for_again_and_nothing_is_lost(token):
    html = refused(send(token=token, note="am Weg"))
    assert "lange geöffnet" in html
    assert "am Weg" in html


def test_a_token_grows_old():
    old = TimestampSigner(salt=guard.SALT)
    old.timestamp = lambda: "1AAAAA"  # type: ignore[method-assign]  # long ago, in base 62
    refused(send(token=old.sign("fruit-trees")))


def test_a_token_is_for_one_layer():
    refused(send(token=guard.token("trees")))


def test_robots_fill_in_what_people_do_not_see():
    refused(send(website="https://spam.example"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("latitude", ""),
        ("latitude", "Norden"),
        ("latitude", "nan"),
        ("longitude", "inf"),
        ("longitude", "11.5.3"),
        ("longitude", "170"),
        ("species", ""),
        ("species", "Quatsch"),
        ("access", "overall"),
        ("planted_year", "99999"),
        ("number_of_plants", "-1"),
        ("height_m", "hoch"),
        ("note", "x" * 10_000),
        ("own_fruit_from", "8.0"),
    ],
)
def test_bad_values_are_said_and_nothing_is_written(field, value):
    html = refused(send(**{field: value}))
    assert "errorlist" in html


def test_other_methods_are_not_allowed():
    for method in ("PUT", "PATCH", "DELETE"):
        assert Client(enforce_csrf_checks=True).generic(method, FORM).status_code == 405
    assert Client().head(FORM).status_code == 200


def test_forms_that_cannot_be_read_get_a_page():
    broken = Client().post(FORM, b"x", content_type="multipart/form-data; boundary=")
    for response in (send(note="x" * 300_000), broken, Client().get("/", headers={"Host": "evil"})):
        assert response.status_code == 400
        assert "Nicht verstanden" in response.content.decode()


def test_a_place_outside_is_said_in_english_too():
    html = refused(send(path=f"/en{FORM}", latitude="48.1", longitude="11.5"))
    assert "no municipality" in html


def test_all_mistakes_are_told_at_once_and_as_the_model_has_them():
    page = refused(
        send(species="Quatschbaum", number_of_plants="-2", height_m="999", planted_year="3000")
    )
    for words in (
        "Quatschbaum",
        "größer oder gleich 1",
        "kleiner oder gleich 150",
        "kleiner oder gleich 2100",
    ):
        assert words in page, words


def test_the_licence_says_where_it_holds():
    from geoplatform.catalog import registry
    from geoplatform.catalog.models import Licensing
    from geoplatform.webmap.page import licence_words

    layer = registry.get("fruit-trees")
    assert licence_words(layer) == "CC0 1.0"
    for ags, licence in (("1", "cc-zero"), ("2", "cc-by-at/3.0")):
        Licensing.objects.create(
            table="layers_plant", municipality=make.municipality(ags), licence=licence
        )
    assert licence_words(layer) == "CC BY 3.0 AT (Town 2), CC0 1.0 (Town 1)"


def test_what_waits_for_review_is_said():
    from geoplatform.contributions.models import Zone

    Zone.objects.create(name="School", why="children", outline=make.area(*make.WEST_BOX))
    response = send()
    assert response.status_code == 202
    assert "noch nicht auf der Karte" in response.content.decode()
    assert Plant.objects.count() == 0
