"""Create, replace, update and delete features (OGC 20-002r1, OGC API Features Part 4).

Each request is a proposal: it is applied at once where its author may, or waits.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from geoplatform.catalog.layer import Layer
from geoplatform.contributions import rows, selectors
from geoplatform.contributions.models import Action
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.services import submit
from geoplatform.services.authors import author_of
from geoplatform.services.bodies import (
    GeoJSONParser,
    GuardedJSONParser,
    MergePatchParser,
    idempotency_key,
)
from geoplatform.services.features import answers, writing
from geoplatform.services.features.views import layer_or_404
from geoplatform.services.outcomes import refusals
from geoplatform.services.problems import Problem

# Strong tags alone: a weak one does not say that nothing was changed (RFC 9110, 13.1.1).
ETAG = re.compile(r'\s*(W/)?"([^"]*)"\s*(?:,|$)')
# QGIS sends the version that it has read until its layer is loaded anew, also after it has saved.
KEEPS_COPY = "QGIS/"
PATCHES = "application/merge-patch+json, application/geo+json, application/json"


class OneFormat(DefaultContentNegotiation):
    """The answer is GeoJSON, whatever a client would rather have (RFC 9110, 12.4.1)."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class Create(APIView):
    """Anybody may add: a point stands on the map at once as `unconfirmed`, a line or an area waits for review."""

    parser_classes = [GeoJSONParser, GuardedJSONParser]
    content_negotiation_class = OneFormat

    def post(self, request: Request, name: str) -> HttpResponse:
        layer = layer_or_404(name)
        sent = writing.new_feature(layer, request)
        with refusals(request, layer):
            outcome = submit(
                layer=layer,
                action=Action.CREATE,
                author=author_of(request),
                channel="api",
                id=sent.id,
                geometry=sent.geometry,
                values=sent.values,
            )
        return answers.created(request, layer, outcome)


class Edit(APIView):
    """One feature. What is in conflict with a later change of somebody else is kept, and answered 409."""

    parser_classes = [GeoJSONParser, MergePatchParser, GuardedJSONParser]
    content_negotiation_class = OneFormat

    def put(self, request: Request, name: str, id: str) -> HttpResponse:
        layer, feature = _target(name, id)
        return self.edit(request, layer, feature, writing.replacement(layer, feature, request))

    def patch(self, request: Request, name: str, id: str) -> HttpResponse:
        layer, feature = _target(name, id)
        return self.edit(request, layer, feature, writing.patch(layer, feature, request))

    def edit(
        self, request: Request, layer: Layer, feature: uuid.UUID, sent: writing.Sent
    ) -> HttpResponse:
        if not sent.values and sent.geometry is None:
            # It says what its author saw: nothing is to be changed.
            author_of(request)
            _as_expected(request, layer, feature)
            return answers.unchanged(request, layer, feature)
        place_alone = sent.geometry is not None and not sent.values and layer.dimension == 0
        action = Action.MOVE if place_alone else Action.CHANGE
        outcome = _submit(request, layer, feature, action, sent)
        return answers.edited(request, layer, outcome)

    def delete(self, request: Request, name: str, id: str) -> HttpResponse:
        layer, feature = _target(name, id)
        outcome = _submit(request, layer, feature, Action.DELETE, writing.Sent())
        return answers.deleted(request, outcome)


create = Create.as_view()
edit = Edit.as_view()


def _target(name: str, id: str) -> tuple[Layer, uuid.UUID]:
    layer = layer_or_404(name)
    try:
        return layer, uuid.UUID(id)
    except ValueError:
        raise Problem(404, _("There is no such feature in %s.") % layer.name) from None


def _submit(
    request: Request, layer: Layer, feature: uuid.UUID, action: Action, sent: writing.Sent
) -> Outcome:
    author = author_of(request)
    key = idempotency_key(request)

    def go() -> Outcome:
        return submit(
            layer=layer,
            action=action,
            author=author,
            channel="api",
            id=key,
            feature=feature,
            base_version=sent.version,
            values=sent.values,
            geometry=sent.geometry,
            keeps_copy=KEEPS_COPY in request.headers.get("User-Agent", ""),
        )

    with refusals(request, layer):
        if "If-Match" not in request.headers or (key and selectors.proposal(key)):
            return go()
        # Nobody may come between the look and the write.
        with transaction.atomic():
            _as_expected(request, layer, feature, lock=True)
            return go()


def _as_expected(request: Request, layer: Layer, feature: uuid.UUID, *, lock: bool = False) -> None:
    """If-Match (RFC 9110, 13.1.1), by the version in our tags. Raises Problem 412."""
    expected = request.headers.get("If-Match")
    if expected is None:
        return
    version = rows.look_at_feature(layer, feature=feature, lock=lock).version
    tags = [tag for weak, tag in ETAG.findall(expected) if not weak]
    if version is not None and expected.strip() == "*":
        return
    if version is None or str(version) not in {tag.partition("-")[0] for tag in tags}:
        raise Problem(
            412,
            _("The feature has been changed since: please read it again."),
            more={"version": version},
        )
