"""What the pages of this room share: the frame, the form, and answers to those who cannot be answered now."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import translate_url
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from geoplatform.analysis import asking, gate, registry
from geoplatform.analysis.about import number
from geoplatform.analysis.answer import MOST
from geoplatform.analysis.indicator import Indicator
from geoplatform.database.unavailable import UNAVAILABLE
from geoplatform.formats.compression import IDENTITY, whole
from geoplatform.pages.frame import LANGUAGES, frame
from geoplatform.planning import classes
from geoplatform.query.errors import QueryError

View = Callable[..., HttpResponse]


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of this room, packed, with the way to its other language, which asks the same."""
    query = f"?{request.GET.urlencode(safe=',:')}" if request.GET else ""
    addresses = {code: f"{translate_url(request.path, code)}{query}" for code in LANGUAGES}
    response = render(
        request, f"planning/{template}", {**frame(addresses), **context}, status=status
    )
    response.content, coding = whole(response.content, request.headers.get("Accept-Encoding"))
    patch_vary_headers(response, ["Accept-Encoding"])
    if coding != IDENTITY:
        response.headers["Content-Encoding"] = coding
    return response


def in_turn(view: View) -> View:
    """Answers 503 for a view where others are being answered, or where the database gave up at its time limit."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except gate.Busy:
            message = _("Other questions are being answered. Please try again in a few seconds.")
            return _not_now(request, message, gate.RETRY_SECONDS)
        except UNAVAILABLE as error:
            if not isinstance(error, QueryCanceled) and not isinstance(
                error.__cause__, QueryCanceled
            ):
                raise
            message = _("This question takes the database too long. Ask for fewer municipalities.")
            return _not_now(request, message, 3 * gate.RETRY_SECONDS)

    return answer


def _not_now(request: HttpRequest, message: str, seconds: int) -> HttpResponse:
    context = {"message": message, "again": request.get_full_path()}
    response = render_page(request, "busy.html", context, status=503)
    response.headers["Retry-After"] = str(seconds)
    response.headers["Cache-Control"] = "no-store"
    return response


def form(given: QueryDict, indicator: Indicator | None) -> dict[str, Any]:
    """What the form offers, and what of it is chosen."""
    chosen = {key for text in given.getlist("municipality") for key in text.split(",")}
    towns = [
        {
            "key": key,
            "name": name,
            "chosen": key in chosen or not chosen & asking.comparable().keys(),
        }
        for key, name in asking.comparable().items()
    ]
    column = given.get("column", "")
    return {
        "indicators": registry.indicators(),
        "indicator": indicator,
        "towns": towns,
        "most": MOST,
        "parameters": [_parameter(given, each) for each in (indicator.parameters if indicator else ())],
        "changed": indicator is not None and any(each.name in given for each in indicator.parameters),
        "columns": [
            {
                "name": each.name,
                "title": each.title,
                "unit": each.unit,
                "chosen": each.name == (column or indicator.columns[0].name),
            }
            for each in indicator.columns
        ]
        if indicator
        else [],
        "methods": [
            {"name": name, "title": title, "chosen": name == (given.get("classes") or classes.METHODS[0])}
            for name, title in classes.titles().items()
            if name != "target" or (indicator and indicator.targets)
        ],
        "at": given.get("at", ""),
        "since": given.get("since", ""),
        "against": given.get("against", ""),
        "others": [each for each in registry.indicators() if each.compute and each is not indicator],
    }  # fmt: skip


def _parameter(given: QueryDict, each: Any) -> dict[str, Any]:
    return {
        "name": each.name,
        "title": each.title,
        "unit": each.unit,
        "value": given.get(each.name, f"{each.default:.10g}"),
        "low": f"{each.low:.10g}",
        "high": f"{each.high:.10g}",
        "bounds": _("%(low)s to %(high)s %(unit)s, usually %(default)s")
        % {
            "low": number(each.low),
            "high": number(each.high),
            "unit": each.unit,
            "default": number(each.default),
        },
    }


def indicator_of(given: QueryDict) -> Indicator | None:
    """The indicator that is asked for, if there is one of that name."""
    try:
        return registry.get(str(given["indicator"]))
    except (KeyError, QueryError):
        return None
