"""A question of features and its answer as data and in words: what the figures must not travel without."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazystr
from django.utils.translation import gettext as _

from geoplatform.analysis.about import number
from geoplatform.analysis.access import WALK_CAVEAT
from geoplatform.analysis.files import Sheet
from geoplatform.analysis.indicator import Column
from geoplatform.analysis.question import MATCHES, METRIC, PER, RELATIONS, Question
from geoplatform.analysis.reply import TOLERANCE, Reply
from geoplatform.catalog.layer import Layer
from geoplatform.formats.about import LICENCE_ADDRESSES
from geoplatform.query.together import CLIPPED

ID = "question"


def title(question: Question) -> str:
    """What is told of what, in a line."""
    return f"{question.layer.title}: {figure_words(question)}"


def figure_words(question: Question) -> str:
    known = {
        "count": _("how many"),
        "area": _("area"),
        "length": _("length"),
        "sum": _("sum: %s"),
        "mean": _("mean: %s"),
    }[question.figure]
    return known % question.number.title if question.number else known


def column(question: Question) -> Column:
    """The figure as a column: title, unit, decimals."""
    unit = {"area": "m²", "length": "m"}.get(question.figure, "")
    whole = question.figure == "count" or (
        question.figure == "sum" and question.number and question.number.json_type == "integer"
    )
    digits = 0 if whole or question.figure in CLIPPED else 1
    return Column(name="value", title=lazystr(figure_words(question)), unit=unit, digits=digits)


def terms(question: Question) -> list[tuple[str, str]]:
    """The question, part by part: what each part is called, and what it is here."""
    found = [(_("Features"), _features(question.layer, question.filter_text))]
    if others := question.others:
        relation = str(RELATIONS[others.relation])
        if others.relation in METRIC:
            relation = f"{relation}: {number(others.metres or 0.0)} m"
        match = MATCHES["none" if others.none else "some"]
        found += [
            (_("Where they stand"), relation),
            (_("to"), f"{match}: {_features(others.layer, others.filter_text)}"),
        ]
    return [
        *found,
        (_("What is told"), figure_words(question)),
        (_("For"), str(PER[question.per])),
    ]


def _features(layer: Layer, filter_text: str) -> str:
    return f"{layer.title} ({filter_text})" if filter_text else str(layer.title)


def definition(question: Question) -> str:
    """The terms in one text."""
    return "; ".join(f"{name}: {text}" for name, text in terms(question)) + "."


def caveats(question: Question) -> list[str]:
    """What a reader must know before using the figure."""
    found = [_("What is gone does not count.")]
    match question.figure, question.per:
        case "area", _per:
            text = _("Only what lies within each area is measured; what overlaps counts once.")
        case "length", _per:
            text = _("Only what lies within each area is measured.")
        case _figure, "area":
            text = _("Whatever meets the drawn area counts as a whole.")
        case _figure, _per:
            text = _(
                "A feature counts once, where it belongs: lines and areas to what they overlap most."
            )
    found.append(text)
    if question.figure == "mean":
        found.append(_("The mean is of those features alone whose number is known."))
    if others := question.others:
        if others.is_walk:
            text = _("A path leads to features no farther than %s m from it, in a straight line.")
            found += [text % number(TOLERANCE), str(WALK_CAVEAT)]
        elif others.relation in METRIC:
            text = _(
                "Distances are straight, from edge to edge, across borders of municipalities too."
            )
            found.append(text)
    return found


def about(reply: Reply) -> dict[str, Any]:
    """All that a citation of an answer needs, in the reader's language."""
    question = reply.question
    told = column(question)
    return {
        "id": ID,
        "title": title(question),
        "definition": definition(question),
        "definitionKind": "platform",
        "columns": [
            {"name": "value", "title": str(told.title), "unit": told.unit, "digits": told.digits},
        ],
        "caveats": caveats(question),
        "parameters": question.parameters(),
        "municipalities": list(question.municipalities),
        "dataVersion": reply.version,
        "at": reply.at.isoformat(),
        "licences": [LICENCE_ADDRESSES + each for each in reply.licences],
        "attributions": list(reply.attributions),
    }


def sheet(reply: Reply) -> Sheet:
    """An answer, ready to be written."""
    known = ("known",) if reply.question.number else ()
    return Sheet(
        name=ID,
        title=title(reply.question),
        rows=reply.rows,
        columns=("key", "name", "municipality", "inhabitants", "features", *known, "value"),
        about=about(reply),
    )
