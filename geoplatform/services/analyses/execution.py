"""A question as the body of a request for execution holds it (18-062r2, execute.yaml), read into what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from geoplatform.analysis.files import WRITERS
from geoplatform.query.errors import QueryError
from geoplatform.services.analyses.processes import OUTPUT, media_type
from geoplatform.services.bodies import an_object
from geoplatform.services.problems import Problem

MEMBERS = ("inputs", "outputs", "response", "mode", "subscriber")


@dataclass(frozen=True)
class Order:
    """What is asked: municipalities, an instant, values of parameters; in which format, raw or within a document."""

    municipalities: tuple[str, ...]
    at: str
    values: dict[str, Any]
    form: str
    raw: bool


def read(document: Any) -> Order:
    """Raises Problem 400 and QueryError, naming what was wrong."""
    body = an_object(document)
    for name in body:
        if name not in MEMBERS:
            raise QueryError(name[:80], _("Unknown member %s.") % name[:80])
    response = body.get("response", "raw")
    if response not in ("raw", "document"):
        raise QueryError("response", _("response is raw or document."))
    given = dict(_object("inputs", body.get("inputs", {})))
    towns = given.pop("municipality", [])
    if not isinstance(towns, list):
        towns = [towns]
    return Order(
        municipalities=tuple(_text("municipality", each) for each in towns),
        at=_text("at", given.pop("at", "")),
        values={name: _number(name, value) for name, value in given.items()},
        form=_format(_object("outputs", body.get("outputs", {})), raw=response == "raw"),
        raw=response == "raw",
    )


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise QueryError(name, _("%s is an object.") % name)
    return value


def _value(name: str, given: Any) -> Any:
    """A value, plain or qualified (`{"value": ...}`). Nothing is fetched from an address."""
    if not isinstance(given, dict):
        return given
    if "href" in given:
        message = _("%s is a value: nothing is fetched from addresses.")
        raise QueryError(name[:80], message % name[:80])
    return given.get("value")


def _text(name: str, given: Any) -> str:
    found = _value(name, given)
    if not isinstance(found, str):
        raise QueryError(name, _("%s is a text.") % name)
    return found


def _number(name: str, given: Any) -> Any:
    found = _value(name, given)
    # True is a number to Python.
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        raise QueryError(name[:80], _("%s is a number.") % name[:80])
    return found


def _format(outputs: dict[str, Any], *, raw: bool) -> str:
    """The name of the format in which the one output is asked for."""
    for name in outputs:
        if name != OUTPUT:
            raise QueryError(name[:80], _("There is one output, called %s.") % OUTPUT)
    wanted = _object(OUTPUT, outputs.get(OUTPUT, {}))
    if wanted.get("transmissionMode", "value") != "value":
        raise QueryError(OUTPUT, _("Outputs come as values, not as references."))
    asked = _object("format", wanted.get("format", {})).get("mediaType", media_type("json"))
    # Within a document of JSON there is no place for other formats.
    offered = {media_type(name): name for name in WRITERS if raw or media_type(name).endswith("json")}  # fmt: skip
    form = offered.get(asked) if isinstance(asked, str) else None
    if form is None:
        raise Problem(400, _("This address answers in: %s.") % ", ".join(offered))
    return form
