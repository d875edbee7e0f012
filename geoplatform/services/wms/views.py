"""One address, four requests; whatever goes wrong becomes an exception in the form that the client asked for."""

from __future__ import annotations

import logging
from contextlib import suppress

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from geoplatform.database.unavailable import UNAVAILABLE
from geoplatform.services.negotiation import known_etags
from geoplatform.services.problems import not_now
from geoplatform.services.wms import exceptions, getmap, maps, parameters, validators
from geoplatform.services.wms.capabilities import capabilities
from geoplatform.services.wms.exceptions import INVALID, MISSING, ServiceException
from geoplatform.services.wms.featureinfo import get_feature_info
from geoplatform.services.wms.language import language
from geoplatform.services.wms.legend import get_legend_graphic
from geoplatform.services.wms.parameters import Parameters

log = logging.getLogger(__name__)
METHODS = "GET, HEAD, OPTIONS"


def wms(request: HttpRequest) -> HttpResponse:
    """Answers GET with parameters in the address."""
    options = request.method == "OPTIONS"
    response = HttpResponse(status=204) if options else _answer(request)
    if options or response.status_code == 405:
        response.headers["Allow"] = METHODS
    # Read by maps on other sites too.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    values: dict[str, str] = {}
    found = None
    try:
        with translation.override(language(request, {})):
            values = parameters.read(request.META.get("QUERY_STRING", ""))
    except ServiceException as error:
        found = error
    asked = Parameters(values, values.get("VERSION", ""))
    with translation.override(language(request, values)):
        if found is None:
            try:
                return _dispatch(request, asked)
            except ServiceException as error:
                found = error
            except UNAVAILABLE as error:
                found = ServiceException(not_now(error).detail, status=503)
            except SuspiciousOperation:
                raise  # such as a foreign host name: Django's own answer
            except Exception:
                found = _fault()
        return refusal(found, asked)


def _dispatch(request: HttpRequest, asked: Parameters) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        raise ServiceException(_("This address answers %s.") % METHODS, status=405)
    if asked.get("SERVICE").upper() not in ("", "WMS"):
        raise ServiceException(_("SERVICE is WMS."), code=INVALID)
    parameters.refuse_foreign(asked.values)
    name = asked.get("REQUEST")
    if not name:
        raise ServiceException(
            _("REQUEST is missing. A client begins with %s.")
            % request.build_absolute_uri("/wms?SERVICE=WMS&REQUEST=GetCapabilities"),
            code=MISSING,
        )
    answer = REQUESTS.get(name.lower())
    if answer is None:
        raise ServiceException(
            _("There is no request %s here.") % parameters.quoted(name),
            code="OperationNotSupported",
        )
    return answer(request, asked)


def get_map(request: HttpRequest, asked: Parameters) -> HttpResponse:
    """The picture; 304 to who holds it and nothing in it has changed."""
    paper = getmap.parse_paper(asked)
    map_ = maps.parse(asked)
    body, draws = b"", request.method != "HEAD"
    text, known = request.META["QUERY_STRING"], known_etags(request)
    with validators.validating(map_, text, known, draws=draws) as valid:
        if draws and not valid.holds:
            body = getmap.draw(map_, paper)
    headers = {"Cache-Control": "no-cache"}
    if etag := valid.holds or valid.etag:
        headers["ETag"] = f'W/"{etag}"'
    if valid.holds:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type=paper.media_type, headers=headers)


def refusal(error: ServiceException, asked: Parameters) -> HttpResponse:
    """The exception, as a picture where the client wants one and says how large and in which format."""
    form = exceptions.form(asked.get("EXCEPTIONS"))
    if form != "XML" and error.status < 500:
        with suppress(ServiceException):
            paper = getmap.parse_paper(asked)
            body = getmap.instead(asked, paper, error.text if form == "INIMAGE" else "")
            headers = {"Cache-Control": "no-store"}
            return HttpResponse(body, content_type=paper.media_type, headers=headers)
    version = parameters.HIGHEST
    with suppress(ServiceException):
        version = parameters.negotiated(asked.version)
    return exceptions.document(error, version)


def _fault() -> ServiceException:
    """A fault of ours; what it was stands in the log, not in the answer."""
    log.exception("A map could not be drawn.")
    return ServiceException(
        _("The platform could not answer. The fault has been logged."), status=500
    )


REQUESTS = {
    "getcapabilities": capabilities,
    "getmap": get_map,
    "getfeatureinfo": get_feature_info,
    "getlegendgraphic": get_legend_graphic,
}
