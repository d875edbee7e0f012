"""The look at JSON's depth: right for any text, cut into any pieces."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplatform.exchange.harvest import json_features
from geoplatform.exchange.harvest.json_features import WrongJson, _Shallow

TEXTS = st.text(st.sampled_from('"\\{}[]a,: é'), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@given(VALUES, st.integers(1, 9), st.booleans())
def test_depth_is_counted_outside_of_texts_in_pieces_of_any_size(value, size, ascii_only):
    deepest = depth(value)
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    for most, refused in ((deepest, False), (deepest - 1, True)):
        if most < 0:
            continue
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_features, "DEEPEST", most)
            file = _Shallow(io.BytesIO(text))
            pieces = []
            try:
                while piece := file.read(size):
                    pieces.append(piece)
                told = False
            except WrongJson:
                told = True
        assert told == refused
        if not refused:
            assert b"".join(pieces) == text
            assert file.depth == 0
