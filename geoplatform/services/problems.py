"""Errors as problem details (RFC 9457): one shape for the whole API, in the reader's language, never a stack trace.

Whoever looks with a browser gets the same as a page.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.csrf import csrf_exempt
from psycopg.errors import QueryCanceled
from rest_framework import exceptions

from geoplatform.database.unavailable import RETRY_AFTER, UNAVAILABLE
from geoplatform.query.errors import QueryError
from geoplatform.services.html import page, prefers_page, rendered
from geoplatform.services.language import language

FieldErrors = Sequence[Mapping[str, str]]
log = logging.getLogger(__name__)


# What a page is headed by; programs read the standard's English phrase.
WORDS = {
    400: _lazy("This question is not understood"),
    404: _lazy("Nothing is found here"),
    406: _lazy("This format is not on offer"),
    500: _lazy("Something went wrong"),
    503: _lazy("Not now, please try again soon"),
}


class Problem(Exception):
    """An answer that is an error. `errors` names the fields: [{"field": ..., "message": ...}]; `more` are members of
    its own (RFC 9457, 3.2)."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: FieldErrors = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ):
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, errors
        self.headers, self.more = headers or {}, more or {}


def problem_response(problem: Problem, request: HttpRequest | None = None) -> HttpResponse:
    """The problem as application/problem+json, or as a page for people."""
    if request is not None and prefers_page(request):
        return problem_page(problem, request)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if request is not None:
        body["instance"] = request.path
    if problem.errors:
        body["errors"] = list(problem.errors)
    body.update(problem.more)
    return HttpResponse(
        json.dumps(body, ensure_ascii=False, default=str),
        status=problem.status,
        content_type="application/problem+json",
        headers=dict(problem.headers),
    )


def problem_page(problem: Problem, request: HttpRequest) -> HttpResponse:
    """The problem in words, with ways on."""
    context = {"problem": problem, "words": WORDS.get(problem.status, _("That did not work"))}
    if problem.status in (500, 503):
        # Asks the database for nothing: it may be what has failed.
        response = rendered(request, "problem", context, problem.status)
    else:
        response = page(request, "problem", context, problem.status)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def problems(
    *methods: str,
    methods_of: Callable[..., Sequence[str]] | None = None,
    unsaid: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Callable[..., Callable[..., HttpResponseBase]]:
    """Decorate a plain view: answer these methods (and OPTIONS), and turn errors into problem details.

    methods_of  instead of `methods`: says them from the view's arguments, or raises Problem
    unsaid      methods that are answered, but that `Allow` does not name
    headers     of the answer to OPTIONS, where one of the unsaid methods is answered
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        def dispatch(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            allowed = methods_of(*args, **kwargs) if methods_of else methods
            said = [each for each in allowed if each not in unsaid]
            allow = ", ".join([*said, "OPTIONS"])
            if request.method == "OPTIONS":
                more = dict(headers or {}) if len(said) < len(allowed) else {}
                return HttpResponse(status=204, headers={"Allow": allow, **more})
            if request.method not in allowed:
                raise Problem(405, _("This address answers %s.") % allow, headers={"Allow": allow})
            return view(request, *args, **kwargs)

        @csrf_exempt  # no cookie tells who somebody is here, so there is nothing to forge
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            with translation.override(language(request)):
                try:
                    response = dispatch(request, *args, **kwargs)
                except Problem as problem:
                    response = problem_response(problem, request)
                except exceptions.ValidationError as error:
                    response = problem_response(not_valid(error), request)
                except QueryError as error:
                    errors = [{"field": error.parameter, "message": str(error)}]
                    response = problem_response(Problem(400, str(error), errors=errors), request)
                except UNAVAILABLE as error:
                    response = problem_response(not_now(error), request)
            if request.method in {"GET", "HEAD"}:
                # Read by maps on other sites too.
                response.headers["Access-Control-Allow-Origin"] = "*"
            return response

        return answer

    return decorate


def not_now(error: BaseException) -> Problem:
    """What to say where the database did not answer; what it said stands in the log."""
    if isinstance(error, QueryCanceled) or isinstance(error.__cause__, QueryCanceled):
        return _too_long()
    log.error("The database is not available: %s", error)
    return Problem(
        503,
        _("The database does not answer at the moment. Please try again in a few seconds."),
        headers={"Retry-After": str(RETRY_AFTER)},
    )


def _too_long() -> Problem:
    """The database gave up at its time limit: a question that costs too much, or too many at once."""
    return Problem(
        503,
        _("This question takes the database too long. Ask for a smaller area or fewer conditions."),
        headers={"Retry-After": "30"},
    )


def refuse_parameters(request: HttpRequest, *allowed: str) -> None:
    """Raise QueryError for a query parameter that this address does not know: a misspelt one must not go unnoticed."""
    for name in request.GET:
        if name not in allowed:
            raise QueryError(name, _("Unknown parameter %s.") % name[:80])


def not_valid(error: exceptions.ValidationError) -> Problem:
    """What the serializers and services say of single fields."""
    found = error.detail
    if not isinstance(found, dict):
        return Problem(400, str(found))
    errors = [
        {"field": name, "message": str(message)}
        for name, messages in found.items()
        for message in (messages if isinstance(messages, list) else [messages])
    ]
    return Problem(400, _("The feature cannot be stored as it is."), errors=errors)


def not_found(request: HttpRequest) -> HttpResponse:
    """No view answers this address."""
    with translation.override(language(request)):
        return problem_response(Problem(404, _("Nothing is found at this address.")), request)


def bad_request(request: HttpRequest) -> HttpResponse:
    """What Django refuses before a view reads it: a foreign host name, a body that is broken or too large."""
    with translation.override(language(request)):
        return problem_response(Problem(400, _("The request cannot be read.")), request)


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The database failed a view that does not speak in problems itself."""
    with translation.override(language(request)):
        return problem_response(not_now(error), request)


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of ours; what it was stands in the log, not in the answer."""
    with translation.override(language(request)):
        return problem_response(
            Problem(500, _("The platform could not answer. The fault has been logged.")), request
        )
