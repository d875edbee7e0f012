"""The parameters of a request as text: keys in any case, each once, within bounds (OGC 06-042, 6.8)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import parse_integer
from geoplatform.services.wms.exceptions import INVALID, MISSING, ServiceException

MAX_QUERY = 32_768  # bytes of the query string: filters for several layers, in percent signs
MAX_PARAMETERS = 100
# Styles and filters of others, which would have addresses fetched or SQL made of text (06-042 knows none of them).
REFUSED = ("SLD", "SLD_BODY", "FILTER")
VERSIONS = ("1.1.1", "1.3.0")
HIGHEST = VERSIONS[-1]
# Texts in answers quote a request no further than this.
QUOTED = 80


def read(query_string: str) -> dict[str, str]:
    """Parameters by their names in capital letters. Raises ServiceException.

    query_string  as WSGI gives it: bytes, each as one character (PEP 3333)
    """
    if len(query_string) > MAX_QUERY:
        raise ServiceException(_("The request is longer than %d bytes.") % MAX_QUERY, code=INVALID)
    try:
        text = query_string.encode("latin-1").decode()
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except ValueError:  # also of bytes that are no UTF-8
        raise ServiceException(
            _("The request cannot be read: it is UTF-8 with at most %d parameters.")
            % MAX_PARAMETERS,
            code=INVALID,
        ) from None
    found: dict[str, str] = {}
    for key, value in pairs:
        name = key.upper()
        if "\x00" in value:
            raise ServiceException(
                _("%s holds a character that no text has: NUL.") % quoted(name), code=INVALID
            )
        # Clients that append to a pasted address say some things twice.
        if found.setdefault(name, value) != value:
            raise ServiceException(
                _("%s stands twice in the request.") % quoted(name), code=INVALID
            )
    return found


def refuse_foreign(values: Mapping[str, str]) -> None:
    """Raises ServiceException for what asks to draw or choose by somebody else's rules."""
    for name in REFUSED:
        if values.get(name):
            raise ServiceException(
                _("%s is not supported. Filters are written in CQL_FILTER.") % name,
                code="OperationNotSupported",
            )


def quoted(text: str) -> str:
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"


def negotiated(wanted: str) -> str:
    """The version that capabilities are given in (06-042, 6.2.4): the highest one that is not above what is wanted,
    else the lowest; the highest one where nothing is wanted. Raises ServiceException for what is no version.
    """
    if not wanted:
        return HIGHEST
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}", wanted):
        raise ServiceException(_("VERSION is three numbers, such as 1.3.0."), code=INVALID)
    below = [each for each in VERSIONS if _numbers(each) <= _numbers(wanted)]
    return below[-1] if below else VERSIONS[0]


def _numbers(version: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in version.split("."))
    return (*numbers, 0, 0)[:3]


@dataclass(frozen=True)
class Parameters:
    """Parameters by their names in capital letters, and the version whose rules they follow."""

    values: Mapping[str, str]
    version: str

    @property
    def new(self) -> bool:
        """1.3.0, in which the CRS decides on the order of the axes."""
        return self.version == HIGHEST

    def get(self, *names: str) -> str:
        """The first of these parameters that says something, else empty text."""
        return next((value for name in names if (value := self.values.get(name, ""))), "")

    def need(self, *names: str) -> str:
        """The same. Raises ServiceException where none says anything."""
        if found := self.get(*names):
            return found
        raise ServiceException(_("%s is missing.") % names[0], code=MISSING)

    def integer(self, *names: str, low: int, high: int, code: str = INVALID) -> int:
        """A whole number within bounds. Raises ServiceException."""
        text = self.need(*names)
        try:
            return parse_integer(names[0], text, low=low, high=high)
        except QueryError as error:
            raise ServiceException(str(error), code=code) from None

    def flag(self, name: str) -> bool:
        """TRUE or FALSE, in any case; FALSE where nothing is said. Raises ServiceException."""
        text = self.get(name).upper()
        if text not in ("", "TRUE", "FALSE"):
            raise ServiceException(_("%s is TRUE or FALSE.") % name, code=INVALID)
        return text == "TRUE"

    def number(self, name: str) -> float | None:
        """A finite number above zero, None where nothing is said. Raises ServiceException."""
        text = self.get(name)
        if not text:
            return None
        found = real(text)
        if found is None or found <= 0:
            raise ServiceException(_("%s is a number above zero.") % name, code=INVALID)
        return found


def real(text: str) -> float | None:
    """A finite number in decimal digits, None for any other text."""
    if not re.fullmatch(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*", text):
        return None
    found = float(text)
    return found if math.isfinite(found) else None
