"""What came of a contribution."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cached_property

from geoplatform.catalog import registry
from geoplatform.catalog.models import Feature
from geoplatform.contributions.merge import Merge
from geoplatform.contributions.models import Proposal, State


@dataclass(frozen=True)
class Outcome:
    """The answer of every service.

    version   of the feature after it was written; None where nothing was
    text      GeoJSON of the feature after it was written, where that was asked for and cost nothing; None: ask
              `query.select.feature`
    merge     what was applied, was the same already, or is in conflict (values as columns hold them; for pages use
              selectors.differences)
    repeated  the same body had come before: this is the answer to the first one, as things stand now
    """

    proposal: Proposal
    version: int | None = None
    text: bytes | None = None
    merge: Merge = field(default_factory=Merge)
    repeated: bool = False

    @property
    def state(self) -> State:
        return State(self.proposal.state)

    @property
    def feature_id(self) -> uuid.UUID:
        return self.proposal.feature

    @property
    def waits(self) -> bool:
        return self.state in (State.HELD, State.OPEN, State.CONFLICT)

    @cached_property
    def feature(self) -> Feature | None:
        """The feature as it is now (one query), or None: not there yet, or no longer."""
        layer = registry.get(self.proposal.layer)
        if layer is None:
            return None
        found: Feature | None = layer.model._default_manager.filter(pk=self.feature_id).first()
        return found
