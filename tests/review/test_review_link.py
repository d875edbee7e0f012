"""The way to the review stands in the head of every page, for those alone who decide about something."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.review.conftest import client_of

LINK = 'href="/review/"'


@pytest.mark.parametrize("path", ["/", "/search", "/my/", "/imprint/", "/accounts/", "/nothing"])
def test_who_decides_is_led_to_the_review_from_every_page(reviewer, tree, path):
    answer = reviewer.get(path)
    assert LINK in answer.text
    # Nobody else gets this page out of a cache.
    assert "cookie" in answer.headers["Vary"].lower()


def test_english_pages_lead_to_the_english_review(reviewer, tree):
    assert 'href="/en/review/"' in reviewer.get("/en/").text


@pytest.mark.parametrize("path", ["/", "/my/", "/imprint/"])
def test_others_who_are_logged_in_are_not(apple, path):
    assert LINK not in client_of("nobody").get(path).text


@pytest.mark.parametrize("path", ["/", "/search", "/imprint/", "/nothing"])
def test_pages_of_readers_depend_on_no_cookie(apple, path):
    answer = Client().get(path)
    assert LINK not in answer.text
    assert "cookie" not in answer.headers.get("Vary", "").lower()
    assert not answer.cookies


def test_pages_of_the_interface_have_it_too(reviewer, tree):
    answer = reviewer.get("/api/", headers={"Accept": "text/html"})
    assert 'href="/review/"' in answer.text
