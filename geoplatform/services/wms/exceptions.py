"""What a client is told when its request cannot be answered (06-042, 6.11 and table E.1; 01-068r3, annex A.3).

As XML in the form of its version, drawn into the picture that it asked for (INIMAGE), or as an empty picture (BLANK).

XML comes with the status 200, as the other map servers send it: QGIS and GDAL show the text of an exception to people
only then, and for any other status just the status. Faults that are not in the request have one of the 500s.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from django.http import HttpResponse

# Not in the standard's table: OGC's common names (06-121r3, 8.3), which clients know as well.
MISSING = "MissingParameterValue"
INVALID = "InvalidParameterValue"

FORMS = {
    "1.3.0": ("XML", "INIMAGE", "BLANK"),
    "1.1.1": (
        "application/vnd.ogc.se_xml",
        "application/vnd.ogc.se_inimage",
        "application/vnd.ogc.se_blank",
    ),
}
OLD_TYPE = "application/vnd.ogc.se_xml"
DTD = "http://schemas.opengis.net/wms/1.1.1/exception_1_1_1.dtd"
NAMESPACE = "http://www.opengis.net/ogc"
SCHEMA = "http://schemas.opengis.net/wms/1.3.0/exceptions_1_3_0.xsd"
# What XML 1.0 cannot hold.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ServiceException(Exception):
    """An answer that is an exception. The text is meant for people; `code` is for programs."""

    def __init__(self, text: str, *, code: str = "", status: int = 200) -> None:
        super().__init__(text)
        self.text, self.code, self.status = text, code, status


def form(wanted: str) -> str:
    """XML, INIMAGE or BLANK, whichever version's name for it stands in EXCEPTIONS; XML for any other."""
    name = wanted.upper().rpartition("_")[2]
    return name if name in FORMS["1.3.0"] else "XML"


def document(error: ServiceException, version: str) -> HttpResponse:
    """The exception as XML."""
    code = f" code={quoteattr(error.code)}" if error.code else ""
    text = f"<ServiceException{code}>{escape(UNWRITABLE.sub('?', error.text))}</ServiceException>"
    if version == "1.1.1":
        lead = f'<!DOCTYPE ServiceExceptionReport SYSTEM "{DTD}">\n<ServiceExceptionReport version="1.1.1">'
    else:
        lead = (
            f'<ServiceExceptionReport version="1.3.0" xmlns="{NAMESPACE}"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            f' xsi:schemaLocation="{NAMESPACE} {SCHEMA}">'
        )
    response = HttpResponse(
        f'<?xml version="1.0" encoding="UTF-8"?>\n{lead}{text}</ServiceExceptionReport>\n',
        content_type=OLD_TYPE if version == "1.1.1" else "text/xml; charset=utf-8",
        status=error.status,
        headers={"Cache-Control": "no-store"},
    )
    if error.status == 503:
        response.headers["Retry-After"] = "30"
    return response
