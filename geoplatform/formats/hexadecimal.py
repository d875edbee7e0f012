"""Hex digits to bytes, a column at once: geometries travel as text where text is what travels."""

import binascii

import numpy as np
import pyarrow as pa


def from_hex(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Two digits are one byte, so every offset halves. Raises binascii.Error where they are none."""
    return pa.chunked_array([_unhex(chunk) for chunk in column.chunks], pa.binary())


def _unhex(chunk: pa.StringArray) -> pa.BinaryArray:
    valid, offsets, digits = chunk.buffers()
    ends = np.frombuffer(offsets, np.int32)[: chunk.offset + len(chunk) + 1]
    binary = binascii.unhexlify(memoryview(digits)[: ends[-1]]) if digits else b""
    buffers = [valid, pa.py_buffer(ends // 2), pa.py_buffer(binary)]
    return pa.Array.from_buffers(pa.binary(), len(chunk), buffers, offset=chunk.offset)
