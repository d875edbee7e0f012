"""The paragraph that a council paper can quote."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from geoplatform.analysis import about
from geoplatform.analysis.about import figure
from geoplatform.analysis.answer import Answer
from geoplatform.planning.shown import Shown


def citation(shown: Shown, platform: str, address: str) -> str:
    """What was found, by which definition, out of which data, and where it can be looked up again."""
    now, column = shown.now, shown.column
    known = shown.values.dropna()
    what = f"{column.title} ({column.unit})" if column.unit else column.title
    parts = [f"{now.indicator.title}, {shown.where()}: {what}."]
    if len(known):
        parts.append(
            _(
                "In the %(count)d quarters with a figure from %(low)s to %(high)s, median %(median)s."
            )
            % {
                "count": len(known),
                "low": figure(float(known.min()), column, unit=True),
                "high": figure(float(known.max()), column, unit=True),
                "median": figure(float(known.median()), column, unit=True),
            }
        )
    return cited(parts, now, platform, address)


def cited(parts: Sequence[str], now: Answer, platform: str, address: str) -> str:
    """What was found, and after it all that a figure must not travel without."""
    parts = list(parts)
    kind = capfirst(about.kind_words(now.definition_kind))
    parts.append(f"{kind}: {now.indicator.definition}")
    if changed := about.changed_words(now):
        parts.append(_("Asked otherwise than defined: %s.") % changed)
    if given := about.parameter_words(now):
        parts.append(
            _("Reckoned with: %s.") % ", ".join(f"{name} {value}" for name, value in given)
        )
    if spread := about.weighting_words(now.weighting):
        parts.append(f"{capfirst(spread)}.")
    parts.append(
        _("Data of %(at)s, version %(version)d.")
        % {"at": about.instant_words(now.at), "version": now.version}
    )
    sources = [*now.attributions, *(label for label, _address in about.licence_words(now))]
    if sources:
        parts.append(_("Sources: %s.") % ", ".join(sources))
    parts.append(f"{platform}, {address}")
    # A unit that is cut short brings its own full stop.
    return " ".join(str(each) for each in parts).replace(".. ", ". ")
