"""Keys of contributors survive restarts, are stored as a hash alone, and can be forgotten."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django.db import connection

from geoplatform.contributions import keys
from geoplatform.contributions.models import Contributor, Pepper

pytestmark = pytest.mark.django_db


def test_reading_makes_nobody():
    assert keys.known(keys.new_secret()) is None
    assert Contributor.objects.count() == 0


def test_a_key_is_known_again_and_stored_as_a_hash():
    secret = keys.new_secret()
    made = keys.of_key(secret)
    assert keys.of_key(secret) == keys.known(secret) == made
    assert len(made.key_hash) == 64
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text FROM contributions_contributor c")
        assert secret not in cursor.fetchone()[0]
    assert keys.of_key(keys.new_secret()) != made


@pytest.mark.parametrize("secret", ["", "short", "x" * 42, "x" * 129, "ü" * 50, "x" * 50 + "\n"])
def test_what_is_no_key(secret):
    assert keys.known(secret) is None
    with pytest.raises(ValueError, match="not a contributor key"):
        keys.of_key(secret)


def test_without_a_setting_the_database_keeps_the_pepper(settings):
    settings.KEY_PEPPERS = [""]
    secret = keys.new_secret()
    made = keys.of_key(secret)
    settings.SECRET_KEY = "another start, another key"
    assert keys.known(secret) == made
    assert Pepper.objects.count() == 1
    # A pepper that is set later recognises it, and makes the next hash.
    settings.KEY_PEPPERS = ["of the environment"]
    assert keys.of_key(secret) == made
    assert Contributor.objects.get().key_hash != made.key_hash
    settings.KEY_PEPPERS = ["newer", "of the environment"]
    assert keys.of_key(secret) == made
    settings.KEY_PEPPERS = ["another city's"]
    assert keys.known(secret) is None


def test_two_starts_without_a_secret_key_have_the_same_peppers():
    """Django's key differs between them; what hashes depend on does not."""
    environment = {k: v for k, v in os.environ.items() if k not in ("SECRET_KEY", "KEY_PEPPER")}
    environment["DJANGO_SETTINGS_MODULE"] = "geoplatform.settings"
    code = (
        "from django.conf import settings; print(settings.SECRET_KEY); print(settings.KEY_PEPPERS)"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            # RUN_KEY is what `manage.py serve` hands to its processes, so that they sign alike.
            env={**environment, "RUN_KEY": start},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for start in ("first", "second")
    ]
    assert told[0][0] != told[1][0]
    assert told[0][1] == told[1][1] == "['']"


def test_a_deployment_without_a_pepper_is_warned(settings):
    settings.KEY_PEPPERS = [""]
    ids = [each.id for each in run_checks(include_deployment_checks=True)]
    assert "contributions.W001" in ids


def test_links_fade_and_what_was_given_stays():
    old, new = keys.of_key(keys.new_secret()), keys.of_key(keys.new_secret())
    Contributor.objects.filter(pk=old.pk).update(last_seen=dt.date(2020, 1, 1))
    assert keys.fade(dt.date(2021, 1, 1)) == 1
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.key_hash, bool(new.key_hash)) == (None, True)
    keys.forget(new)
    assert Contributor.objects.filter(key_hash=None).count() == 2


def test_accounts(django_user_model):
    user = django_user_model.objects.create_user("somebody")
    made = keys.of_user(user)
    assert keys.of_user(user) == made
    assert made.actor == f"user:{user.pk}"
    user.delete()
    made.refresh_from_db()
    assert made.actor == f"key:{made.pk}"
