"""The API as a person with a browser sees it: questions by form, words for what went wrong, one language throughout."""

from __future__ import annotations

import json

import pytest
from django.core.cache import cache
from django.test import Client

from geoplatform.services.features import table
from tests import make

pytestmark = pytest.mark.django_db
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
TREES = "/api/collections/fruit-trees/items"


@pytest.fixture(autouse=True)
def forgetful():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def trees():
    make.town()
    apple = make.species()
    walnut = make.species("Juglans regia", german_name="Walnuss", category="nut")
    return [
        make.plant(11.01 + n / 100, 53.05, species=walnut if n % 2 else apple, height_m=n + 0.5)
        for n in range(5)
    ]


def get(path, data=None, language="de", **headers):
    return Client().get(
        path, data, headers={"Accept": BROWSER, "Accept-Language": language, **headers}
    )


def text(response):
    return response.getvalue().decode()


def test_values_in_words(trees):
    page = text(get(TREES))
    for words in (
        "Nuss",
        "Anfang August",
        "0,5 m",
        "öffentlich: alle dürfen pflücken",
        "Town 13004000",
        "bestätigt",
        "11.01, 53.05",
    ):
        assert words in page, words
    english = text(get(TREES, language="en"))
    assert "early August" in english
    assert "0.5 m" in english


def test_a_form_sends_empty_fields_and_they_do_not_count(trees):
    response = get(TREES, {"bbox": "", "filter": " ", "category": "nut", "crs": "", "limit": "10"})
    assert response.status_code == 302
    assert response.headers["Location"] == f"{TREES}?category=nut&limit=10"
    page = text(get(response.headers["Location"]))
    assert page.count('<tr id="f-') == 2
    assert "Kategorie: Nuss" in page


def test_what_the_form_has_no_field_for_stays_asked(trees):
    page = text(get(TREES, {"species_de": 'Apfel"><script>', "limit": "10"}))
    assert '<input type="hidden" name="species_de" value="Apfel&quot;&gt;&lt;script&gt;">' in page
    assert "<script>" not in page.replace('<script id="map-settings"', "")


def test_the_next_page_and_back_to_the_first(trees):
    first = text(get(TREES, {"limit": "2"}))
    address = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = text(get(address))
    assert second.count('<tr id="f-') == 2
    assert f"f-{trees[2].id}" in second
    assert f'href="{TREES}?limit=2"' in second


def test_a_page_for_people_has_an_end_but_leads_on(trees, monkeypatch):
    monkeypatch.setattr(table, "MAX_ROWS", 3)
    page = text(get(TREES, {"limit": "50000"}))
    assert page.count('<tr id="f-') == 3
    assert 'rel="next"' in page


def test_a_question_that_is_not_understood_comes_back_in_its_form(trees):
    response = get(TREES, {"bbox": "1,<b>", "category": "nut"})
    page = text(response)
    assert response.status_code == 400
    assert 'value="1,&lt;b&gt;"' in page
    assert 'aria-invalid="true"' in page
    assert '<option value="nut" selected>' in page


@pytest.mark.parametrize("path", ["/api/nothing", "/api/collections/unicorns", f"{TREES}/nothing"])
def test_people_are_told_in_words_and_programs_in_json(trees, path):
    page = get(path)
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Hier ist nichts zu finden" in text(page)
    assert "Nothing is found here" in text(get(path, language="en"))
    for program in (
        Client().get(path),
        Client().get(path, headers={"Accept": "*/*"}),
        Client().get(path, headers={"Accept": "application/geo+json, */*"}),
        get(path, {"f": "json"}),
    ):
        assert program.headers["Content-Type"] == "application/problem+json"
        assert json.loads(program.content)["status"] == 404


def test_what_was_asked_stands_in_a_problem_as_text(trees):
    page = text(get("/api/", {"<script>alert(1)</script>": "1"}))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_fault_of_ours_is_said_without_the_database(trees, monkeypatch):
    def broken(*_arguments, **_named):
        raise RuntimeError("database is gone")

    monkeypatch.setattr("geoplatform.services.features.views.describe_all", broken)
    monkeypatch.setattr("geoplatform.pages.frame.platform_name", broken)
    client = Client(raise_request_exception=False)
    response = client.get("/api/openapi", headers={"Accept": BROWSER})
    assert response.status_code == 500
    assert "Etwas ist schiefgegangen" in text(response)
    assert "gone" not in text(response)


def test_the_language_that_was_chosen_stays(trees):
    page = text(get("/api/", {"lang": "en"}))
    assert '<html lang="en">' in page
    assert 'href="/api/collections?lang=en"' in page
    assert 'href="/api/?lang=de"' in page
    assert get("/api/", {"lang": "en"}).headers["Content-Language"] == "en"
    # It leads a form and a next page on, too.
    table_page = text(get(TREES, {"lang": "en", "limit": "2"}))
    assert '<input type="hidden" name="lang" value="en">' in table_page
    assert "lang=en" in table_page.split('rel="next" href="')[1].split('"')[0]
    # Programs may ask in a language as well.
    titles = json.loads(Client().get("/api/collections?lang=en").content)["collections"]
    assert "Trees" in {each["title"] for each in titles}
    refused = Client().get("/api/", {"lang": "fr"})
    assert (refused.status_code, json.loads(refused.content)["errors"][0]["field"]) == (400, "lang")


def test_only_web_addresses_become_links(trees):
    from geoplatform.catalog import registry
    from geoplatform.catalog.properties import property_by_name
    from geoplatform.pages.words import is_address

    [each] = [
        each
        for layer in registry.layers()
        for each in property_by_name(layer).values()
        if each.format == "uri"
    ][:1]
    assert is_address(each, "https://example.org/")
    assert not is_address(each, "javascript:alert(1)")
    assert not is_address(each, None)


def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline(trees):
    response = get(TREES)
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    for part in text(response).split("<script")[1:]:
        assert 'src="/static/' in part or 'type="application/json"' in part
