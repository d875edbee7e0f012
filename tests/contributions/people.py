"""People who contribute, in tests."""

from __future__ import annotations

import datetime as dt
from itertools import count

from django.contrib.gis.geos import Point
from django.utils import timezone

from geoplatform.catalog import registry
from geoplatform.contributions import keys
from geoplatform.contributions.models import Contributor
from geoplatform.contributions.services import Author, Outcome, everywhere, submit

NUMBERS = count()


def key(accepted: int = 0, days: int = 0) -> Contributor:
    """Somebody with a key who came `days` ago and had so many contributions accepted."""
    made = keys.of_key(keys.new_secret())
    made.accepted, made.counted_from = accepted, timezone.now() - dt.timedelta(days=days)
    made.save()
    return made


def new() -> Author:
    return Author(contributor=key())


def known() -> Author:
    return Author(contributor=key(5, 8))


def trusted() -> Author:
    return Author(contributor=key(30, 60))


def reviewer() -> Author:
    return Author(contributor=key(), reviews=everywhere)


def layer(name: str = "fruit-trees"):
    return registry.get(name)


def point(longitude: float = 11.05, latitude: float = 53.05) -> Point:
    return Point(longitude, latitude, srid=4326)


def send(action: str, author: Author, **given) -> Outcome:
    return submit(
        **{"layer": layer(), "action": action, "author": author, "channel": "test", **given}
    )


def add(author: Author, species, **given) -> Outcome:
    values = {"species": species, "access": "public", **given.pop("values", {})}
    return send("create", author, **{"geometry": point(), "values": values, **given})
