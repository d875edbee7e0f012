"""The planner's pages: a question by GET, an answer whose table tells all that map and plots tell, refusals."""

import html
import re
from dataclasses import replace

import pytest
from django.test import Client
from django.utils import translation
from django.utils.html import strip_tags

from geoplatform.analysis import gate, reading, registry
from geoplatform.analysis.answer import answer
from geoplatform.planning import shown
from geoplatform.query.select import raw_cursor
from layers.green_spaces import GreenSpace
from layers.municipalities import Municipality
from tests import make

PAGE = "/en/planning/"
WALK = f"{PAGE}?indicator=green-within-a-walk"
COMPUTED = [each for each in registry.indicators() if each.compute is not None]
client = Client()
pytestmark = pytest.mark.usefixtures("nothing_is_kept")


@pytest.fixture
def town(db):
    return make.town()


def page(address, status=200):
    response = client.get(address)
    assert response.status_code == status, strip_tags(response.content.decode())[:500]
    return response.content.decode()


def text(body):
    return " ".join(html.unescape(strip_tags(body)).split())


def table(body):
    """The rows of the ranked table, as texts."""
    rows = re.findall(r'<tr id="q-.*?</tr>', body, re.DOTALL)
    cells = (re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows)
    return [[text(cell) for cell in row] for row in cells]


def test_the_first_page_computes_nothing(town, monkeypatch):
    monkeypatch.setattr(shown, "answer", lambda *args, **kwargs: pytest.fail("nobody asked"))
    body = page(PAGE)
    for each in registry.indicators():
        with translation.override("en"):
            assert html.escape(str(each.title)) in body
        assert f"?indicator={each.id}" in body


@pytest.mark.parametrize("indicator", COMPUTED, ids=lambda each: each.id)
def test_every_indicator_has_its_page_and_report_in_both_languages(town, indicator):
    for prefix in ("/en", ""):
        for path in ("/planning/", "/planning/report"):
            body = page(f"{prefix}{path}?indicator={indicator.id}")
            with translation.override("en" if prefix else "de"):
                assert html.escape(str(indicator.definition)) in body
                for caveat in indicator.caveats:
                    assert html.escape(str(caveat)) in body
            assert html.escape(indicator.formula) in body
            assert len(table(body)) == 2
            assert 'id="citation"' in body


def test_the_table_tells_all_that_the_map_tells(demo_rows):
    body = page(f"{WALK}&municipality=13004000")
    titles = re.findall(r'<path class="area[^>]*><title>(.*?)</title>', body)
    assert len(titles) == 26
    rows = {row[1]: row for row in table(body)}
    for title in map(html.unescape, titles):
        name, figure = title.split(": ", 1)
        row = rows[name]
        if figure == "–":
            assert row[2] == "–"
            assert row[3] == "no figure"
        else:
            value, number = re.fullmatch(r"([0-9.]+) % · class ([0-9])", figure).groups()
            assert row[2].split()[0] == value
            assert row[3].split()[0] == number
    # The same number stands in the legend, and how many quarters it has.
    chips = r'<span class="chip[^>]*>([0-9])</span> <span>.*?</span> <span class="count">([0-9]+)'
    for number, count in re.findall(chips, body):
        assert sum(row[3].split()[0] == number for row in rows.values()) == int(count)


def test_the_best_come_first_and_those_without_a_figure_last(demo_rows):
    rows = table(page(WALK))
    assert rows[0][0] == "1"
    found = [float(row[2].split()[0]) for row in rows if row[2] != "–"]
    assert found == sorted(found, reverse=True)
    assert [row[2] for row in rows[len(found) :]] == ["–"] * (26 - len(found))
    # Where less is better, the other way round.
    walks = table(page(f"{PAGE}?indicator=walk-to-green"))
    found = [float(row[2].replace(",", "")) for row in walks if row[2] != "–"]
    assert found == sorted(found)


def test_a_form_is_led_to_the_address_that_says_what_was_chosen(town):
    fields = {
        "of": "green-within-a-walk", "indicator": "green-within-a-walk", "municipality": "13004000",
        "limit": "400", "far_limit": "500", "area": "", "gap": "20", "tolerance": "25", "at": "",
        "since": "", "against": "", "column": "share", "classes": "quantiles",
    }  # fmt: skip
    response = client.get(PAGE, fields)
    assert response.status_code == 302
    assert response["Location"] == f"{WALK}&municipality=13004000&limit=400"


def test_a_form_of_another_indicator_says_nothing_of_this_ones_parameters(town):
    fields = {"of": "green-within-a-walk", "indicator": "crown-cover", "limit": "400", "column": "far"}  # fmt: skip
    assert client.get(PAGE, fields)["Location"] == f"{PAGE}?indicator=crown-cover"


def test_an_address_for_ever_gives_the_same_when_the_data_have_changed(demo_rows):
    body = page(WALK)
    lasting = html.unescape(re.search(r'href="http://testserver([^"]*at=[^"]*)"', body)[1])
    before = table(body)
    GreenSpace.objects.filter(kind="park").delete()
    assert table(page(WALK)) != before
    assert table(page(lasting)) == before


def test_change_between_two_dates(demo_rows):
    body = page(WALK)
    lasting = re.search(r"at=([0-9TZ:.-]+)", body)[1]
    GreenSpace.objects.filter(kind="park").delete()
    body = page(f"{WALK}&since={lasting}")
    assert re.search(r"Quarters with more: 0, with less: [1-9]", text(body))
    indicator = registry.get("green-within-a-walk")
    now = answer(indicator, ["13004000"]).rows
    for row in table(body):
        before, change = row[-3], row[-2]
        share = now.loc[now["name"] == row[1], "share"].item()
        if change != "–":
            found = float(before) + float(change.replace("+", ""))
            assert found == pytest.approx(share, abs=0.11)


def test_two_indicators_beside_each_other(demo_rows):
    body = page(f"{WALK}&against=green-per-inhabitant")
    assert "Rank correlation (Spearman)" in text(body)
    indicator = registry.get("green-per-inhabitant")
    others = answer(indicator, ["13004000"]).rows
    for row in table(body):
        expected = others.loc[others["name"] == row[1], "green"].item()
        assert row[-2] == ("–" if expected != expected else f"{expected:,.1f}")


def test_several_municipalities_at_once(demo_rows):
    town = Municipality.objects.create(
        ags="05315000", name="Köln", metric_srid=25832, source=make.source()
    )
    make.quarter(town, "x", (6.9, 50.9, 7.0, 51.0), inhabitants=1000)
    body = page(f"{WALK}&municipality=13004000,05315000")
    assert {row[2] for row in table(body)} == {"Schwerin", "Köln"}
    assert len(re.findall(r'<path class="area', body)) == 27


def test_who_asks_otherwise_than_defined_is_told_so(town):
    body = text(page(f"{PAGE}?indicator=green-within-300-m&limit=400"))
    assert "Asked otherwise than defined: limit 400 m instead of 300" in body
    assert "Asked otherwise" not in text(page(f"{PAGE}?indicator=green-within-300-m"))
    indicator = replace(registry.get("green-within-300-m"), official=True)
    for values, kind in (({}, "official"), ({"limit": 400}, "changed")):
        assert answer(indicator, ["13004000"], values).definition_kind == kind


def test_the_paragraph_to_quote_has_all_that_a_citation_needs(demo_rows):
    body = page("/en/planning/report?indicator=green-within-a-walk&limit=400")
    quoted = text(re.search(r'<blockquote id="citation">(.*?)</blockquote>', body, re.DOTALL)[1])
    version = answer(registry.get("green-within-a-walk"), ["13004000"]).version
    for part in (
        "Green within a walk, Schwerin", "median", "Defined by this platform", "limit 400 m", "residential streets",
        f"version {version}", "CC0 1.0", "http://testserver/en/planning/?indicator=green-within-a-walk", "at=20",
    ):  # fmt: skip
        assert part in quoted


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("indicator=nothing", "There is no indicator nothing"),
        ("indicator=green-within-a-walk&limit=9999", "limit is a number from 50 to 1500 m"),
        ("indicator=green-within-a-walk&limit=x", "limit is a number"),
        ("indicator=green-within-a-walk&speed=1", "has no parameter speed"),
        ("indicator=green-within-a-walk&municipality=1", "There is no municipality 1"),
        ("indicator=green-within-a-walk&at=2999-01-01", "future"),
        ("indicator=green-within-a-walk&at=x", "at is a day"),
        ("indicator=green-within-a-walk&at=2026-01-01&since=2026-02-01", "before the other date"),
        ("indicator=green-within-a-walk&column=x", "column is one of"),
        ("indicator=green-within-a-walk&classes=x", "classes is one of"),
        ("indicator=green-within-a-walk&against=x", "There is no indicator x"),
        ("indicator=green-within-a-walk&against=three-trees-in-view", "Not computable"),
        ("indicator=<script>alert(1)</script>", "There is no indicator <script>"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(town, query, said):
    for path in (PAGE, "/en/planning/report"):
        body = page(f"{path}?{query}", 400)
        assert said in text(body)
        assert "<script>alert" not in body


def test_a_municipality_without_quarters_is_named(town):
    make.municipality("05315000", name="Köln")
    assert "Köln has no quarters here" in text(page(f"{WALK}&municipality=05315000", 400))


def test_what_no_data_can_tell_says_what_is_missing(town):
    assert "buildings" in text(page(f"{PAGE}?indicator=three-trees-in-view"))


def test_no_data_at_all(db):
    assert "no quarters here yet" in text(page(PAGE))


def test_too_many_at_once_are_told_when_to_come_again(town):
    taken = [gate.free.acquire(blocking=False) for _each in range(10)]
    try:
        response = client.get(WALK)
        assert client.get("/en/").status_code == 200, "the map is not kept waiting"
    finally:
        for _each in filter(None, taken):
            gate.free.release()
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "try again" in text(response.content.decode())
    page(WALK)


def test_a_question_that_takes_the_database_too_long_is_told_so(town, settings):
    settings.ANALYSIS_SECONDS = 1

    def slow(*args, **kwargs):
        with raw_cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read", slow)
        response = client.get(WALK)
    assert response.status_code == 503
    assert "fewer municipalities" in text(response.content.decode())
    page(WALK)


def test_readers_get_no_cookie_and_pages_are_packed(town):
    response = client.get(WALK, headers={"Accept-Encoding": "br"})
    assert response["Content-Encoding"] == "br"
    assert not response.cookies


def test_the_header_leads_here(town):
    assert 'href="/en/planning/"' in page("/en/")
    assert 'href="/planning/"' in client.get("/").content.decode()
