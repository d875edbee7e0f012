"""Answers that are taken away: a question's answer in a format, packed as the reader likes, a few at a time."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import Path
from threading import BoundedSemaphore

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from geoplatform.formats.about import licence_addresses
from geoplatform.formats.bounds import TooLarge
from geoplatform.formats.compression import IDENTITY, NoCodingAccepted, choose, packed
from geoplatform.formats.writers import ARCHIVE, WRITERS, write
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.services.negotiation import known_etags
from geoplatform.services.problems import Problem

RETRY_SECONDS = 30
SENT_AT_ONCE = 1 << 18  # bytes
WORTH_PACKING = 500  # bytes; a smaller answer travels in one packet anyway
# A download keeps a thread and a connection for as long as its reader likes: the others are for the map.
free = BoundedSemaphore(settings.DOWNLOADS_AT_ONCE)


def send(
    request: HttpRequest, form: str, query: FeatureQuery, *, archived: bool = False
) -> HttpResponseBase:
    """The whole answer to `query` in a format of `WRITERS`, as a file; archived: with its licences in a ZIP.

    Raises Problem: 406 for a reader that accepts no coding, 503 when others are at it, 507 for a file too large.
    """
    found = WRITERS[form]
    packed_already = found.packed or archived
    if not packed_already:
        _coding(request)  # refused before anything is begun
    filename = f"{query.layer.name}.{form}{'.zip' if archived else ''}"
    headers = {
        "Content-Disposition": f'attachment; filename="{filename}"',
        "Vary": "Accept-Language",  # titles of the layer are in the reader's language
    }
    if licences := licence_addresses(query):
        headers["Link"] = ", ".join(f'<{each}>; rel="license"' for each in licences)
    pieces: Iterator[bytes] = iter(())
    if request.method != "HEAD":
        pieces = _content(form, query, archived=archived)
    media_type = ARCHIVE if archived else found.media_type
    response = StreamingHttpResponse(pieces, content_type=media_type, headers=headers)
    return response if packed_already else pack(request, response)


def send_file(request: HttpRequest, path: Path, media_type: str, sha256: str) -> HttpResponseBase:
    """A file that never changes. Raises Problem 503 when others are at it."""
    digest = b64encode(bytes.fromhex(sha256)).decode()
    headers = {
        "Content-Disposition": f'attachment; filename="{path.name}"',
        "Content-Length": str(path.stat().st_size),
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": f'"{sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",  # RFC 9530
    }
    if sha256 in known_etags(request):
        return HttpResponseNotModified(headers={"ETag": headers["ETag"]})
    pieces: Iterator[bytes] = iter(())
    if request.method != "HEAD":
        with _place() as stack:
            file = stack.enter_context(path.open("rb"))
            pieces = Held(iter(partial(file.read, SENT_AT_ONCE), b""), stack.pop_all().close)
    return StreamingHttpResponse(pieces, content_type=media_type, headers=headers)


def pack(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The answer in the coding that the reader likes best. Raises Problem 406 where none will do."""
    coding = _coding(request)
    patch_vary_headers(response, ["Accept-Encoding"])
    if coding == IDENTITY:
        return response
    if isinstance(response, StreamingHttpResponse):
        response.headers["Content-Encoding"] = coding
        if request.method != "HEAD":
            response.streaming_content = packed(iter(response), coding)
    elif isinstance(response, HttpResponse) and len(response.content) >= WORTH_PACKING:
        response.headers["Content-Encoding"] = coding
        response.content = b"".join(packed([response.content], coding))
    return response


def _coding(request: HttpRequest) -> str:
    try:
        return choose(request.headers.get("Accept-Encoding"))
    except NoCodingAccepted:
        raise Problem(
            406, _("Accept-Encoding leaves no way to answer; there are zstd, br, gzip, identity.")
        ) from None


class Held:
    """Pieces, and what is to be done when they are read or nobody wants the rest."""

    def __init__(self, pieces: Iterator[bytes], done: Callable[[], None]) -> None:
        self.pieces, self.done = pieces, done

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self.pieces)

    def close(self) -> None:
        self.done()  # once: whatever is in an ExitStack is done once

    # An answer that is dropped before it is sent is closed by nobody.
    __del__ = close


def _place() -> ExitStack:
    """A place among the downloads, to be left with the stack. Raises Problem 503."""
    if not free.acquire(blocking=False):
        raise Problem(
            503,
            _("Too many downloads at once. Please try again in half a minute."),
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    stack = ExitStack()
    stack.callback(free.release)
    return stack


def _content(form: str, query: FeatureQuery, *, archived: bool) -> Held:
    """The format's bytes; begun, so that what fails at once is still answered by a proper error."""
    with _place() as stack:
        try:
            _media_type, _filename, content = write(form, query, archived=archived)
        except TooLarge as error:
            raise Problem(507, str(error)) from None
        stack.callback(content.close)
        first = next(content, b"")
        # From here on it is the answer's to close.
        return Held(chain([first], content), stack.pop_all().close)
    raise AssertionError  # an ExitStack keeps no error back
