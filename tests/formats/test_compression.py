"""Which coding a reader gets, and that what was packed comes out again, piece by piece."""

import zlib
from contextlib import suppress

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from geoplatform.formats.compression import CODINGS, NoCodingAccepted, choose, packed


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("identity", "identity"),
        ("gzip, deflate, br, zstd", "zstd"),  # as browsers ask
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP;Q=0.5", "gzip"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("br ; q = 0.9 , zstd;q=0.1", "br"),
        ("zstd;q=0", "identity"),
        ("zstd;q=0, gzip", "gzip"),
        ("identity;q=1, gzip;q=0.5", "identity"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0, gzip;q=0.001", "gzip"),
        ("*", "zstd"),
        ("*, zstd;q=0", "br"),
        ("*;q=0, gzip", "gzip"),
        ("*;q=0, identity", "identity"),
        ("deflate", "identity"),
        ("snappy, nonsense;q=high", "identity"),
        ("gzip;q=2", "identity"),
        ("gzip;q=nan", "identity"),
        (",,;", "identity"),
    ],
)
def test_choice(accepted, coding):
    assert choose(accepted) == coding


@pytest.mark.parametrize("accepted", ["*;q=0", "identity;q=0", "identity;q=0, zstd;q=0, deflate"])
def test_nothing_is_accepted(accepted):
    with pytest.raises(NoCodingAccepted):
        choose(accepted)


@given(st.text(max_size=60))
def test_any_header_is_a_choice_or_a_refusal(accepted):
    with suppress(NoCodingAccepted):
        assert choose(accepted) in {*CODINGS, "identity"}


class Unpack:
    """The other side, that sees the packed bytes as they come."""

    def __init__(self, coding):
        self.add = {
            "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
            "br": lambda: brotli.Decompressor().process,
            "gzip": lambda: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress,
            "identity": lambda: bytes,
        }[coding]()


@pytest.mark.parametrize("coding", [*CODINGS, "identity"])
@given(pieces=st.lists(st.binary(min_size=1, max_size=2000), max_size=5))
def test_each_piece_comes_out_as_soon_as_it_went_in(coding, pieces):
    unpack = Unpack(coding)
    stream = packed(iter(pieces), coding)
    for piece in pieces:
        assert unpack.add(next(stream)) == piece
    assert b"".join(unpack.add(rest) for rest in stream) == b""


@pytest.mark.parametrize("coding", CODINGS)
def test_what_breaks_off_has_no_end(coding):
    def broken():
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        list(packed(broken(), coding))
    whole = b"".join(packed([b"half"], coding))
    begun = next(packed(broken(), coding))
    assert whole.startswith(begun)
    assert len(begun) < len(whole)


def test_a_reader_who_leaves_closes_the_source():
    closed = []

    def source():
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append(True)

    for coding in (*CODINGS, "identity"):
        stream = packed(source(), coding)
        next(stream)
        stream.close()
    assert len(closed) == 4
