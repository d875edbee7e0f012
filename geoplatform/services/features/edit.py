"""Create, replace, update and delete features (OGC 20-002r1, OGC API Features Part 4).

Each request is a proposal: it is applied at once where its author may, or waits.
"""

from __future__ import annotations

import re
import uuid

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.contributions import looking, selectors
from geoplatform.contributions.models import Action
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.services import submit
from geoplatform.services.authors import author_and_feature, author_of
from geoplatform.services.bodies import JSON_TYPE, idempotency_key
from geoplatform.services.features import answers, writing
from geoplatform.services.features.editing import PATCH
from geoplatform.services.features.formats import GEOJSON
from geoplatform.services.features.views import layer_or_404
from geoplatform.services.outcomes import refusals
from geoplatform.services.problems import Problem

# Strong tags alone: a weak one does not say that nothing was changed (RFC 9110, 13.1.1).
ETAG = re.compile(r'\s*(W/)?"([^"]*)"\s*(?:,|$)')
# QGIS sends the version that it has read until its layer is loaded anew, also after it has saved.
KEEPS_COPY = "QGIS/"
PATCHES = f"{PATCH}, {GEOJSON}, {JSON_TYPE}"


def create(request: HttpRequest, name: str) -> HttpResponse:
    """Anybody may add: a point stands on the map at once as `unconfirmed`, a line or an area waits for review."""
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


def edit(request: HttpRequest, name: str, id: str) -> HttpResponse:
    """Change or delete one feature. What is in conflict with a later change of somebody else is kept, and answered
    409."""
    layer, feature = _target(name, id)
    if request.method == "DELETE":
        return _delete(request, layer, feature)
    read = writing.replacement if request.method == "PUT" else writing.patch
    sent = read(layer, feature, request)
    if not sent.values and sent.geometry is None:
        # It says what its author saw: nothing is to be changed.
        author_of(request)
        _as_expected(request, layer, feature)
        return answers.unchanged(request, layer, feature)
    place_alone = sent.geometry is not None and not sent.values and layer.dimension == 0
    action = Action.MOVE if place_alone else Action.CHANGE
    return answers.edited(request, layer, _submit(request, layer, feature, action, sent))


def _delete(request: HttpRequest, layer: Layer, feature: uuid.UUID) -> HttpResponse:
    outcome = _submit(request, layer, feature, Action.DELETE, writing.Sent())
    return answers.deleted(request, outcome)


def _target(name: str, id: str) -> tuple[Layer, uuid.UUID]:
    layer = layer_or_404(name)
    try:
        return layer, uuid.UUID(id)
    except ValueError:
        raise Problem(404, _("There is no such feature in %s.") % layer.name) from None


def _submit(
    request: HttpRequest, layer: Layer, feature: uuid.UUID, action: Action, sent: writing.Sent
) -> Outcome:
    key = idempotency_key(request)
    author, seen = None, None
    if action != Action.DELETE and "If-Match" not in request.headers:
        author, seen = author_and_feature(
            request, layer, feature=feature, id=key, geometry=sent.geometry
        )
    author = author or author_of(request)

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
            seen=seen,
            told=True,
            keeps_copy=KEEPS_COPY in request.headers.get("User-Agent", ""),
        )

    with refusals(request, layer):
        if "If-Match" not in request.headers or (key and selectors.proposal(key)):
            return go()
        # Nobody may come between the look and the write.
        with transaction.atomic():
            _as_expected(request, layer, feature, lock=True)
            return go()


def _as_expected(
    request: HttpRequest, layer: Layer, feature: uuid.UUID, *, lock: bool = False
) -> None:
    """If-Match (RFC 9110, 13.1.1), by the version in our tags. Raises Problem 412."""
    expected = request.headers.get("If-Match")
    if expected is None:
        return
    version = looking.look_at_feature(layer, feature=feature, lock=lock).version
    tags = [tag for weak, tag in ETAG.findall(expected) if not weak]
    if version is not None and expected.strip() == "*":
        return
    if version is None or str(version) not in {tag.partition("-")[0] for tag in tags}:
        raise Problem(
            412,
            _("The feature has been changed since: please read it again."),
            more={"version": version},
        )
