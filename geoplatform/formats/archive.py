"""A file and what must lie beside it as one ZIP archive, made while it is sent (APPNOTE 6.3.10)."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from typing import IO, Any


class _Sink(io.RawIOBase):
    """Where the archive is written to: what has come since it was asked last. It cannot be gone back in."""

    def __init__(self) -> None:
        self.held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, some: Any, /) -> int:
        self.held.append(bytes(some))
        return len(some)

    def taken(self) -> bytes:
        found, self.held = b"".join(self.held), []
        return found


def archive(
    name: str, content: Generator[bytes], beside: Mapping[str, str], *, packed: bool = False
) -> Generator[bytes]:
    """The pieces of an archive that holds `content` as the file `name`, after the texts in `beside`.

    packed  whether the content is compressed already
    An archive whose content breaks off ends without its directory: no reader takes it for whole.
    """
    sink = _Sink()
    with (
        closing(content),
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
    ):
        for title, text in beside.items():
            made.writestr(title, text)
        entry = zipfile.ZipInfo(name, time.localtime()[:6])
        entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        # Nobody knows yet how large it will be: the sizes follow the data, in eight bytes each.
        with made.open(entry, "w", force_zip64=True) as file:
            yield from _written(file, content, sink)
    yield sink.taken()


def _written(file: IO[bytes], content: Iterable[bytes], sink: _Sink) -> Generator[bytes]:
    for piece in content:
        file.write(piece)
        if some := sink.taken():
            yield some
