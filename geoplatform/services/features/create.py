"""Add a point by POST (OGC 20-002r1, OGC API Features Part 4, create)."""

from __future__ import annotations

import json
import re
import uuid
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db import models
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.relations import SlugRelatedField
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework_gis.fields import GeometryField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.contributions.geometry import parse_point
from geoplatform.contributions.models import Action
from geoplatform.contributions.services import (
    AlreadyThere,
    Author,
    OtherBody,
    Outcome,
    Refused,
    TooMany,
    submit,
)
from geoplatform.contributions.trust import why
from geoplatform.pages.sender import address as address_of
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import features
from geoplatform.services.features.formats import GEOJSON
from geoplatform.services.features.views import layer_or_404
from geoplatform.services.negotiation import absolute
from geoplatform.services.problems import Problem

# NUL, which no text in the database holds, and halves of surrogate pairs, which UTF-8 cannot write.
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class GuardedJSONParser(JSONParser):
    """JSON that a hostile nesting cannot bring down, with text that can be stored."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            document = super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
        _refuse_unstorable(document)
        return document


def _refuse_unstorable(document: Any) -> None:
    """Looks at all names and texts; without recursion, however deep they lie."""
    waiting = [("", document)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(name, key) for key in value] + list(value.items())
        elif isinstance(value, list):
            waiting += [(name, each) for each in value]
        elif isinstance(value, str) and UNSTORABLE.search(value):
            message = _("A text holds a character that cannot be stored: NUL or half a character.")
            field = UNSTORABLE.sub("\ufffd", name)[:80]
            raise Problem(400, message, errors=[{"field": field, "message": message}])


class GeoJSONParser(GuardedJSONParser):
    media_type = GEOJSON


class GuardedPoint(GeometryField):
    """A point that is looked at before GEOS parses it."""

    def to_internal_value(self, value: Any) -> Any:
        try:
            return parse_point(value)
        except ModelError as error:
            raise ValidationError(error.messages) from error


def _reference(field: Any) -> str:
    """The field of the related model by which people name its rows."""
    return str(field.related_model.reference)


@cache
def serializer_of(layer: Layer) -> type[GeoFeatureModelSerializer]:
    """A serializer made from the declaration: what is editable, related rows by the name people know."""
    related = {
        name: SlugRelatedField(
            slug_field=_reference(field),
            queryset=field.related_model._default_manager.all(),
            required=not field.null,
            allow_null=field.null,
        )
        for name in layer.editable
        if isinstance(field := layer.model._meta.get_field(name), models.ForeignKey)
    }
    meta = type(
        "Meta",
        (),
        {
            "model": layer.model,
            "geo_field": layer.geometry,
            "id_field": None,
            "fields": layer.editable,
        },
    )
    return type(
        f"{layer.model.__name__}Serializer",
        (GeoFeatureModelSerializer,),
        {"Meta": meta, str(layer.geometry): GuardedPoint(), **related},
    )


class OneFormat(DefaultContentNegotiation):
    """The answer is GeoJSON, whatever a client would rather have (RFC 9110, 12.4.1)."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class Create(APIView):
    """Anybody may add a point to a layer that is `open_to_all`; it is `unconfirmed` until somebody confirms it."""

    parser_classes = [GeoJSONParser, GuardedJSONParser]
    content_negotiation_class = OneFormat

    def post(self, request: Request, name: str) -> HttpResponse:
        layer = layer_or_404(name)
        document = _feature(request.data, layer)
        serializer = serializer_of(layer)(data=document)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        try:
            outcome = submit(
                layer=layer,
                action=Action.CREATE,
                author=Author(address=address_of(request)),
                channel="api",
                id=_client_id(document),
                geometry=values.pop(layer.geometry),
                values=values,
            )
        except ModelError as error:
            messages = (
                error.message_dict if hasattr(error, "error_dict") else {"geometry": error.messages}
            )
            raise ValidationError(messages) from error
        except Refused as refused:
            raise _problem(refused) from refused
        return _answer(request, layer, outcome)


create = Create.as_view()


def _answer(request: Request, layer: Layer, outcome: Outcome) -> HttpResponse:
    """201 with the feature; 202 where it waits, since there is none yet (RFC 9110, 15.3.3)."""
    address = absolute(request, f"/api/collections/{layer.name}/items/{outcome.feature_id}")
    headers = {"Location": address}
    if outcome.waits:
        told = {
            "id": str(outcome.feature_id),
            "status": "proposed",
            "detail": why(outcome.proposal.waits_for),
        }
        return HttpResponse(
            json.dumps(told), status=202, content_type="application/json", headers=headers
        )
    found = next(features(FeatureQuery(layer=layer, id=outcome.feature_id)), None)
    if found is None:  # sent again after it was deleted
        raise Problem(409, _("A feature with this id exists or has existed."))
    return HttpResponse(found[1], status=201, content_type=GEOJSON, headers=headers)


def _problem(refused: Refused) -> Problem:
    status = {AlreadyThere: 409, OtherBody: 422, TooMany: 429}.get(type(refused), 403)
    again = {"Retry-After": str(refused.retry_after)} if isinstance(refused, TooMany) else {}
    return Problem(status, str(refused), headers=again)


def _feature(document: Any, layer: Layer) -> dict[str, Any]:
    """A GeoJSON feature with known properties. Read-only ones are left aside: clients send back what they read."""
    if not isinstance(document, dict) or document.get("type") != "Feature":
        raise Problem(400, _("The body is one GeoJSON Feature."))
    properties = document.get("properties")
    if properties is None:
        properties = {}
    if not isinstance(properties, dict):
        raise Problem(400, _("The properties of a feature are an object."))
    unknown = sorted(set(properties) - set(layer.editable) - set(property_by_name(layer)))
    if unknown:
        raise ValidationError(
            {name[:80]: [_("This property is not known.")] for name in unknown[:20]}
        )
    return {**document, "properties": {k: v for k, v in properties.items() if k in layer.editable}}


def _client_id(document: dict[str, Any]) -> uuid.UUID | None:
    """A client may name its feature itself; without an id the database's is used."""
    given = document.get("id")
    if given is None:
        return None
    try:
        return uuid.UUID(given)
    except (ValueError, AttributeError, TypeError):
        raise Problem(400, _("The id of a new feature is a UUID.")) from None
