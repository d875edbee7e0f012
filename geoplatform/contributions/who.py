"""Who contributes: what the services need to know of a person, and nothing more."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from geoplatform.catalog.layer import Layer
from geoplatform.contributions.models import Contributor

# Whether somebody decides about a layer in a municipality (its id; None: in none).
Reviews = Callable[[Layer, uuid.UUID | None], bool]


def nowhere(layer: Layer, municipality: uuid.UUID | None) -> bool:
    return False


def everywhere(layer: Layer, municipality: uuid.UUID | None) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Author:
    """Somebody who sends or decides.

    contributor  the key or account (keys.py finds and makes them); None: somebody without one
    reviews      where this person decides by role: what they send there is applied at once
    trusted      where this person is trusted by role from the first day, until a block
    layers       the only layers that this person may write to now (a token's scope); None: any
    address      of the client, for the rate limit alone; hashed in memory, stored nowhere. Empty: not limited by it
    """

    contributor: Contributor | None = None
    reviews: Reviews = nowhere
    trusted: Reviews = nowhere
    layers: frozenset[str] | None = None
    address: str = ""

    @property
    def actor(self) -> str:
        return self.contributor.actor if self.contributor else "anonymous"


ANYBODY = Author()
