"""Every layer that people edit takes proposals: all editable fields, its geometry, deletion, and conflicts."""

from __future__ import annotations

import pytest
from django.db import models

from geoplatform.catalog import registry
from geoplatform.contributions import selectors
from geoplatform.contributions.models import Proposal
from geoplatform.contributions.services import ANYBODY, accept
from geoplatform.contributions.values import fields_of
from tests import make
from tests.contracts import samples
from tests.contributions import people

pytestmark = pytest.mark.django_db
EDITABLE = [each for each in registry.layers() if each.editable]


@pytest.fixture(params=EDITABLE, ids=lambda layer: layer.name)
def layer(request):
    make.town()
    make.species()
    return request.param


@pytest.fixture
def feature(layer):
    return samples.feature(layer)


def as_it_is(layer, feature):
    return {name: getattr(feature, name) for name in fields_of(layer)}


def text_field(layer):
    return next(
        name
        for name, field in fields_of(layer).items()
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and not isinstance(field, models.URLField)
    )


def test_a_client_that_sends_all_it_read_changes_nothing(layer, feature):
    outcome = people.send(
        "change",
        people.reviewer(),
        layer=layer,
        feature=feature.id,
        base_version=1,
        values=as_it_is(layer, feature),
        geometry=getattr(feature, layer.geometry),
    )
    assert (outcome.state, outcome.version) == ("applied", None)
    stored = Proposal.objects.get()
    assert set(stored.fields) == set(fields_of(layer)), "as JSON, every field"


def test_a_proposal_by_anybody_is_accepted_and_a_later_one_in_conflict(layer, feature):
    name = text_field(layer)
    first, second = (
        people.send(
            "change",
            ANYBODY,
            layer=layer,
            feature=feature.id,
            base_version=1,
            values={**as_it_is(layer, feature), name: text},
        ).proposal
        for text in ("one", "two")
    )
    assert accept(proposal=first.id, reviewer=people.reviewer()).version == 2
    feature.refresh_from_db()
    assert getattr(feature, name) == "one"
    verdicts = {each.name: each.verdict for each in selectors.differences(second)}
    assert verdicts[name] == "conflict"
    assert set(verdicts.values()) <= {"conflict", "same"}


def test_a_new_one_and_its_deletion(layer, feature):
    outcome = people.send(
        "create",
        people.reviewer(),
        layer=layer,
        geometry=samples.geometry(layer),
        values=as_it_is(layer, feature),
    )
    made = outcome.feature
    assert made is not None
    assert as_it_is(layer, made) == as_it_is(layer, feature)
    gone = people.send(
        "delete", people.reviewer(), layer=layer, feature=made.pk, base_version=made.version
    )
    assert gone.state == "applied"
    assert not layer.model._default_manager.filter(pk=made.pk).exists()
