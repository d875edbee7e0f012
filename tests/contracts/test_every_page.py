"""The API as pages, for each layer there is: what stands on them, and that every link leads somewhere."""

from __future__ import annotations

import json
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.catalog.properties import properties
from tests import make
from tests.contracts import samples

pytestmark = pytest.mark.django_db
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HOST = "http://testserver"


@pytest.fixture(autouse=True)
def forgetful():
    """Figures and outlines are kept for a minute; tests do not wait for it."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(params=registry.layers(), ids=lambda layer: layer.name)
def layer(request):
    return request.param


@pytest.fixture
def feature(layer):
    make.town()
    return samples.feature(layer)


class Page(HTMLParser):
    """What tests look at: title, headings, links, rows of table bodies, ids, attributes that no policy would allow."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._open = tag

    def handle_data(self, data):
        self.text[self._open] = self.text.get(self._open, "") + data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    def links(self):
        return [each["href"] for each in self.all("a") if each.get("href")]

    def rows(self):
        return [each["id"] for each in self.all("tr") if "id" in each]


def get(path, language="de", **data):
    headers = {"Accept": BROWSER, "Accept-Language": language}
    return Client().get(path, data or None, headers=headers)


def page(path, **data):
    response = get(path, **data)
    assert response.status_code == 200, path
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Accept" in response.headers["Vary"]
    assert not response.cookies
    found = Page(response.content.decode())
    assert found.text["title"].strip()
    assert len(found.all("h1")) == 1
    assert [each["lang"] for each in found.all("html")] == [data.get("lang", "de")]
    ids = [attributes["id"] for _tag, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids)), "each id stands once"
    for name, attributes in found.tags:
        assert not {"style", "onclick", "onerror", "onload"} & set(attributes), (name, attributes)
    return found


def lead_somewhere(found, path):
    """Every address of ours that stands on the page answers."""
    for href in {*found.links(), *(each["action"] for each in found.all("form"))}:
        address = urlsplit(urljoin(f"{HOST}{path}", href))
        assert address.scheme in ("http", "https"), href
        if address.netloc != "testserver":
            continue
        response = get(f"{address.path}?{address.query}" if address.query else address.path)
        while response.status_code in (301, 302):
            response = get(response.headers["Location"])
        # Read to its end: a stream that is left holds the connection.
        content = response.getvalue()
        assert response.status_code == 200, (href, content[:300])


@pytest.mark.parametrize("lang", ["de", "en"])
@pytest.mark.parametrize("path", ["/api/", "/api/collections", "/api/conformance", "/api/openapi"])
def test_pages_of_the_whole(path, lang):
    make.town()
    for each in registry.layers():
        samples.feature(each, source_key=each.name)
    lead_somewhere(page(path, lang=lang), path)


def test_page_of_the_collection(layer, feature):
    path = f"/api/collections/{layer.name}"
    found = page(path)
    body = json.loads(Client().get(path).content)
    # Whatever links the description has stand on the page, in the format that they name.
    on_page = [unescape(href) for href in found.links()]
    for link in body["links"]:
        if link["type"] != "text/html":
            assert any(href.startswith(link["href"]) for href in on_page), link
    codes = Client().get(path, headers={"Accept": BROWSER}).content.decode()
    for each in properties(layer):
        assert f"<code>{each.name}</code>" in codes
    lead_somewhere(found, path)


def test_links_of_a_page_give_what_they_name(layer, feature):
    for attributes in page(f"/api/collections/{layer.name}").all("a"):
        if attributes.get("type") and attributes["href"].startswith(HOST):
            response = get(attributes["href"])
            assert (
                response.headers["Content-Type"].split(";")[0] == attributes["type"].split(";")[0]
            )
            assert response.getvalue()


def test_page_of_the_items(layer, feature):
    path = f"/api/collections/{layer.name}/items"
    found = page(path)
    body = json.loads(Client().get(path).getvalue())
    assert found.rows() == [f"f-{each['id']}" for each in body["features"]]
    heads = 1 + len(properties(layer)) + (layer.dimension == 0)
    assert len([each for each in found.all("th") if each.get("scope") == "col"]) == heads
    lead_somewhere(found, path)


def test_text_of_people_is_text(layer, feature):
    for path in ("", "/items", "/items?limit=1"):
        text = get(f"/api/collections/{layer.name}{path}").content.decode()
        assert samples.TEXT not in text
        assert "</b>\\" not in text


def test_an_item_is_led_to_a_page_that_exists(layer, feature):
    for lang, prefix in (("de", ""), ("en", "/en")):
        response = get(f"/api/collections/{layer.name}/items/{feature.pk}", language=lang)
        assert response.status_code == 302
        assert response.headers["Location"] == f"{prefix}/{layer.name}/{feature.pk}"
        assert get(response.headers["Location"]).status_code == 200


def test_items_page_takes_a_fixed_number_of_queries(layer, feature, django_assert_max_num_queries):
    get(f"/api/collections/{layer.name}/items")  # names and outlines, kept for a minute
    with django_assert_max_num_queries(3):
        get(f"/api/collections/{layer.name}/items")
