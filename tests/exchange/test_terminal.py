"""The importer speaks the language of the terminal."""

import pytest

pytestmark = pytest.mark.django_db
ROW = "id,name,height,lon,lat\n,Malus domestica,1,11.05,53.05\n"


@pytest.mark.parametrize(
    ("locale", "said"),
    [("de_DE.UTF-8", "kein Schlüssel"), ("C.UTF-8", "no key"), ("fr_FR.UTF-8", "no key")],
)
def test_reasons_are_said_in_it(load, town, monkeypatch, locale, said):
    monkeypatch.setenv("LC_ALL", locale)
    _status, printed, _rows = load(ROW)
    assert said in printed
