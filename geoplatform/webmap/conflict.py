"""Two people changed the same: both versions side by side, and a form in which the later one chooses."""

from __future__ import annotations

import uuid
from typing import Any

from geoplatform.catalog.layer import Layer
from geoplatform.contributions import selectors
from geoplatform.contributions.models import Proposal
from geoplatform.contributions.values import from_json
from geoplatform.pages import guard
from geoplatform.pages.law import consent_version
from geoplatform.pages.values import label_of, value_in_words
from geoplatform.webmap import page

MINE = "mine"


def conflict_context(layer: Layer, proposal: Proposal) -> dict[str, Any]:
    """What the page shows: each part in conflict in three columns, in words; none where the feature is gone."""
    found = [each for each in selectors.differences(proposal) if each.verdict == "conflict"]
    parts: dict[str, list[dict[str, str]]] = {}
    for each in found:
        seen, theirs, ours = (
            value_in_words(layer, each.name, v) for v in (each.base, each.theirs, each.ours)
        )
        line = {"label": label_of(layer, each.name), "seen": seen, "theirs": theirs, "ours": ours}
        parts.setdefault(each.part[0], []).append(line)
    now = (
        layer.model._default_manager.filter(pk=proposal.feature)
        .values_list("version", flat=True)
        .first()
    )
    return {
        "parts": [{"name": name, "lines": lines} for name, lines in parts.items()],
        "feature": proposal.feature,
        "version": now,
        "id": uuid.uuid4(),
        "token": guard.token(layer.name),
        "licence": page.licence_words(layer),
        "consent": consent_version(),
    }


def chosen(layer: Layer, proposal: Proposal, taken: Any) -> tuple[dict[str, Any], Any]:
    """Values and geometry of the proposal that are to stand: what is in no conflict, and of the rest what `taken`
    (the form) says is mine. Raises ValidationError."""
    kept = {
        each.name
        for each in selectors.differences(proposal)
        if each.verdict == "apply"
        or (each.verdict == "conflict" and taken.get(f"take-{each.part[0]}") == MINE)
    }
    stored = {name: value for name, value in proposal.fields.items() if name in kept}
    geometry = proposal.geometry if layer.geometry in kept else None
    return from_json(layer, stored), geometry
