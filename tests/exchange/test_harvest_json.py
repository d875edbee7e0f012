"""Features are cut out of any JSON, whatever pieces it comes in; deep nesting is seen outside of texts alone."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.exchange.harvest import json_features
from geoplatform.exchange.harvest.json_features import Splitter, WrongJson

TEXTS = st.text(st.sampled_from('"\\{}[]a,: é'), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)
FEATURES = st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), max_size=4)


def split(text, size):
    splitter = Splitter()
    found = []
    for at in range(0, len(text), size):
        found += splitter.add(text[at : at + size])
    return found, splitter.end()


DOCUMENTS = (
    FEATURES,
    st.dictionaries(TEXTS, VALUES, max_size=3),
    st.integers(1, 9),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=30)
@given(*DOCUMENTS)
def test_features_and_the_rest(features, others, size, ascii_only, last):
    is_cut_out(features, others, size, ascii_only, last)


@pytest.mark.prove
@settings(max_examples=1000)
@given(*DOCUMENTS)
def test_features_and_the_rest_often(features, others, size, ascii_only, last):
    is_cut_out(features, others, size, ascii_only, last)


def is_cut_out(features, others, size, ascii_only, last):
    middle = {"type": "FeatureCollection", "features": features}
    whole = {**others, **middle} if last else {**middle, **others}
    text = json.dumps(whole, ensure_ascii=ascii_only, indent=1 if ascii_only else None).encode()
    found, rest = split(text, size)
    assert [json.loads(each) for each in found] == features
    assert rest == {**whole, "features": []}
    for cut in range(1, len(text), 7):
        with pytest.raises(WrongJson):
            split(text[:cut], size)


@given(VALUES, st.integers(1, 9))
def test_depth_is_counted_outside_of_texts(value, size):
    text = json.dumps({"type": "FeatureCollection", "features": [{"a": value}]}).encode()
    deepest = 3 + depth(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_features, "DEEPEST", deepest)
        split(text, size)
        patch.setattr(json_features, "DEEPEST", deepest - 1)
        with pytest.raises(WrongJson):
            split(text, size)


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@pytest.mark.parametrize(
    "inner",
    [
        "[{},]",
        "[,{}]",
        "[{}{}]",
        "[{},,{}]",
        "[{}, 1]",
        "[[]]",
        "[{}]]",
        "[1]",
        '["{}"]',
        "{}",
        '[{}], "features": []',
    ],
)
def test_lists_that_are_none(inner):
    with pytest.raises(WrongJson):
        split(f'{{"type": "FeatureCollection", "features": {inner}}}'.encode(), 5)
