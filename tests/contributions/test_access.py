"""Who somebody is by what they show: roles hold where they were given, tokens for what they were made."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.utils import timezone

from geoplatform.contributions import access, keys
from geoplatform.contributions.errors import NotAllowed
from geoplatform.contributions.models import Contributor
from geoplatform.contributions.roles import AccessToken, Role, make_token, revoke
from geoplatform.contributions.services import submit
from tests import make
from tests.contributions.people import layer, new, point

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return make.town()[0]


def person(name: str = "ada", **given) -> User:
    return User.objects.create_user(name, **given)


def token(user: User, layers: list[str] | None = None, expires: dt.date | None = None):
    return make_token(user=user, name="QGIS", layers=layers or [], expires=expires)


def test_a_token_is_known_by_its_text_and_kept_as_a_hash_alone():
    user = person()
    made, text = token(user)
    assert len(text) >= 43
    assert not any(text in str(value) for value in AccessToken.objects.values_list().get())
    author = access.author_of_token(text)
    assert author
    assert author.actor == f"user:{user.pk}"
    made.refresh_from_db()
    assert made.last_used == timezone.localdate()


@pytest.mark.parametrize("text", ["", "geoplatform_", "geoplatform_" + "a" * 43, "x" * 100_000])
def test_what_is_no_token_is_nobody(text):
    assert access.author_of_token(text) is None


def test_a_revoked_an_expired_and_an_inactive_owners_token_end():
    user = person()
    revoked, text = token(user)
    revoke(revoked)
    assert access.author_of_token(text) is None
    today = timezone.localdate()
    assert access.author_of_token(token(user, expires=today)[1])
    assert access.author_of_token(token(user, expires=today - dt.timedelta(days=1))[1]) is None
    text = token(user)[1]
    user.is_active = False
    user.save()
    assert access.author_of_token(text) is None
    assert access.author_of_user(user).contributor is None


def test_a_role_holds_for_its_layer_in_its_municipality(town):
    user = person()
    other = make.municipality("05911000")
    Role.objects.create(user=user, kind="reviewer", municipality=town, layer="fruit-trees")
    author = access.author_of_user(user)
    assert author.reviews(layer(), town.pk)
    assert not author.reviews(layer("gardens"), town.pk)
    assert not author.reviews(layer(), other.pk)
    assert not author.reviews(layer(), None)


def test_regulars_are_trusted_and_do_not_decide(town):
    user = person()
    Role.objects.create(user=user, kind="regular")
    author = access.author_of_user(user)
    assert author.trusted(layer(), town.pk)
    assert not author.reviews(layer(), town.pk)
    assert not access.reviews_somewhere(user)


def test_a_token_narrows_what_its_owner_may(town):
    user = person(is_superuser=True)
    author = access.author_of_token(token(user, layers=["trees"])[1])
    assert author
    assert author.reviews(layer("trees"), town.pk)
    assert not author.reviews(layer("fruit-trees"), town.pk)
    with pytest.raises(NotAllowed):
        submit(
            layer=layer("fruit-trees"),
            action="create",
            author=author,
            channel="test",
            geometry=point(),
            values={"species": make.species(), "access": "public"},
        )


def test_a_token_for_a_layer_that_is_none_is_refused():
    with pytest.raises(ValidationError):
        token(person(), layers=["nothing"])


def test_a_role_is_given_once(town):
    user = person()
    with pytest.raises(ValidationError):
        Role(user=user, kind="staff", layer="no-such-layer").full_clean()
    Role.objects.create(user=user, kind="staff")
    with pytest.raises(ValidationError):
        Role(user=user, kind="staff").full_clean()


def test_reading_makes_no_contributor():
    user, secret = person(), keys.new_secret()
    assert access.author_of_key(secret, False) is None
    assert access.author_of_user(user, make=False).contributor is None
    assert not Contributor.objects.exists()
    made = access.author_of_key(secret, True)
    assert made
    assert access.author_of_key(secret, False) == made
    assert access.author_of_key("no key", True) is None
    assert access.author_of_user(AnonymousUser()).actor == "anonymous"


def test_a_regulars_change_stands_at_once(town):
    user = person()
    tree = submit(
        layer=layer(),
        action="create",
        author=new(),
        channel="test",
        geometry=point(),
        values={"species": make.species(), "access": "public"},
    )
    changes = {
        "layer": layer(),
        "action": "change",
        "channel": "test",
        "feature": tree.feature_id,
        "values": {"cultivar": "Boskoop"},
    }
    assert submit(**changes, author=access.author_of_user(user)).waits
    Role.objects.create(user=user, kind="regular")
    assert not submit(**changes, author=access.author_of_user(user)).waits
