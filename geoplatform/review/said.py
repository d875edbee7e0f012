"""Proposals in words: what is asked, about what, why it waits, and values as people say them."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from geoplatform.catalog import registry
from geoplatform.contributions.models import Action, Proposal
from geoplatform.contributions.subjects import ASKED as ASKED
from geoplatform.contributions.subjects import Subject as Subject
from geoplatform.contributions.subjects import subjects as subjects
from geoplatform.pages.values import label_of as label_of
from geoplatform.pages.values import value_in_words as value_in_words

# Proposal.waits_for in two or three words; trust.why has the sentence.
REASONS = {
    "zone": _lazy("zone of review"),
    "layer": _lazy("layer under review"),
    "geometry": _lazy("new line or area"),
    "rate": _lazy("many at once"),
    "trust": _lazy("what others entered"),
    "report": _lazy("reported"),
    "conflict": _lazy("conflict"),
    "source": _lazy("a source disagrees"),
}


def summary(proposal: Proposal) -> str:
    """What is proposed in one line: `height (m): 4 · note: new`."""
    layer = registry.get(proposal.layer)
    if layer is None:
        return ""
    parts = [proposal.get_kind_display()] if proposal.kind else []
    for name, value in proposal.fields.items():
        if name in layer.editable:
            said = value_in_words(layer, name, value) or "–"
            parts.append(f"{label_of(layer, name)}: {said[:80]}")
    if proposal.action == Action.MOVE or (
        proposal.action == Action.CHANGE and proposal.geometry is not None
    ):
        parts.append(_("another place"))
    return " · ".join(parts)
