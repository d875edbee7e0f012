"""The law's pages: honest where nothing is filled in, the city's words as plain text, every version kept."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.test import Client

from geoplatform.catalog.models import Licensing
from geoplatform.pages.law import consent_given, consent_version, current
from geoplatform.pages.models import LawText
from layers.plants import Plant
from tests import make

pytestmark = pytest.mark.django_db
KINDS = LawText.Kind.values


def page(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert not answer.cookies
    return answer.content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_filled_in_says_so(kind):
    assert "Noch nicht ausgefüllt" in page(f"/{kind}/")
    assert "Not filled in yet" in page(f"/en/{kind}/")


@pytest.mark.parametrize("kind", KINDS)
def test_the_newest_text_holds_and_is_never_markup(kind):
    LawText.objects.create(kind=kind, language="de", text="Der erste Text.")
    LawText.objects.create(kind=kind, language="de", text="Stadt <b>Schwerin</b>\n\nZweiter Absatz")
    shown = page(f"/{kind}/")
    assert "&lt;b&gt;Schwerin" in shown
    assert "<p>Zweiter Absatz</p>" in shown
    assert "Der erste Text." not in shown
    assert "Noch nicht ausgefüllt" not in shown
    # Better German than nothing; and it is said to be German.
    assert '<section class="text" lang="de">' in page(f"/en/{kind}/")


@pytest.mark.parametrize("path", ["/", "/fruit-trees/", "/fruit-trees/new", "/my/", "/api/"])
def test_every_page_leads_there(path):
    make.town()
    answer = Client().get(path, headers={"Accept": "text/html"}).content.decode()
    for kind in KINDS:
        assert f'href="/{kind}/"' in answer, kind


def test_the_version_that_was_agreed_to_stays():
    assert consent_version() == "1.0"
    first = LawText.objects.create(kind="terms", language="de", text="Eins")
    assert consent_version() == f"1.{first.pk}"
    for change in (
        lambda: LawText.objects.filter(pk=first.pk).update(text="Anders"),
        lambda: first.delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert current("terms").text == "Eins"


@pytest.mark.parametrize("text", ["", "1", "1.0; drop", "9" * 41, "１.０", "1.0\n"])
def test_what_is_no_version_is_no_consent(text):
    assert consent_given(text) == ""


def test_licences_by_layer_and_municipality():
    town = make.municipality("13004000", name="Schwerin")
    table = Plant._meta.db_table
    Licensing.objects.create(table=table, municipality=town, licence="dl-zero-de/2.0")
    shown = page("/terms/")
    assert "Datenlizenz Deutschland – Zero" in shown
    assert "Schwerin" in shown
    assert "publicdomain/zero/1.0" in shown


def test_texts_are_written_in_the_administration_and_not_over():
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    LawText.objects.create(kind="imprint", language="de", text="Alt")
    form = client.get("/admin/pages/lawtext/add/?kind=imprint&language=de").content.decode()
    assert "Alt" in form
    client.post("/admin/pages/lawtext/add/", {"kind": "imprint", "language": "de", "text": "Neu"})
    assert "Neu" in page("/imprint/")
    first = LawText.objects.order_by("pk").first()
    answer = client.post(f"/admin/pages/lawtext/{first.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 403
    assert LawText.objects.count() == 2
