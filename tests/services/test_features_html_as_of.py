"""Pages of a layer as it was: they lead to features as they were, also to those that are gone."""

from __future__ import annotations

import datetime as dt

from django.test import Client

from tests import make

TREES = "/api/collections/fruit-trees/items"


def get(path, data=None):
    return Client().get(path, data, headers={"Accept": "text/html", "Accept-Language": "de"})


def text(response):
    return response.content.decode()


def test_an_item_as_it_was_is_shown_though_it_is_gone(fresh_database):
    make.town()
    tree = make.plant(species=make.species(), note="<i>alt</i>")
    before = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
    path = f"{TREES}/{tree.pk}"
    tree.delete()
    assert get(path).status_code == 404
    response = get(path, {"datetime": before})
    assert response.status_code == 200
    assert "&lt;i&gt;alt" in text(response)
    assert f'{path}?datetime={before.replace(":", "%3A")}"' in text(
        get(TREES, {"datetime": before})
    )


def test_a_sorted_table_says_so_and_goes_on(fresh_database):
    make.town()
    apple = make.species()
    trees = [make.plant(11.01 + n / 100, species=apple, height_m=n) for n in range(1, 5)]
    first = text(get(TREES, {"limit": "2", "sortby": "-height_m"}))
    assert 'aria-sort="descending"' in first
    assert f'href="{TREES}?limit=2&amp;sortby=height_m"' in first, "the head turns the order round"
    address = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = text(get(address))
    assert [f"f-{tree.id}" in second for tree in trees] == [True, True, False, False]
    assert f'href="{TREES}?limit=2&amp;sortby=-height_m"' in second, "back to the first page"
    # These are today's trees, only held still: their own pages are theirs.
    assert f'href="/fruit-trees/{trees[0].id}"' in second
