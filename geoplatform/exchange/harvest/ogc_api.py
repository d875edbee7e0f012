"""OGC API Features (OGC 17-069r4 and 18-058r1): from the landing page to the items of one collection.

OWSLib knows the ways; every request goes through our own client.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pyarrow as pa
from django.utils.translation import gettext as _
from owslib.ogcapi.features import Features

from geoplatform.exchange.harvest import json_features
from geoplatform.exchange.harvest.client import Answer, Client, HarvestError, joined
from geoplatform.exchange.harvest.crs import code_of, north_first
from geoplatform.exchange.harvest.description import Described
from geoplatform.exchange.harvest.json_features import WrongJson
from geoplatform.exchange.harvest.pages import Page
from geoplatform.exchange.harvest.walk import PAGE_BYTES, Told, check_type

JSON = ("application/geo+json", "application/json")
SMALL = 4_000_000
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


class _Ways(Features):
    """OWSLib's client of OGC APIs, whose requests are ours. `at` is where the last answer came from."""

    def __init__(self, url: str, client: Client, body: Path) -> None:
        self.client, self.body, self.at = client, body, url
        super().__init__(url, json_=json.dumps(self._get(url)))

    def _request(self, method: str = "GET", path: str | None = None, **_more: Any) -> Any:
        return self._get(self._build_url(path))

    def _get(self, url: str) -> dict[str, Any]:
        """A small JSON object. Raises HarvestError."""
        try:
            answer = self.client.get(url, self.body, accept="application/json", most=SMALL)
            check_type(answer, JSON)
            found = json.loads(self.body.read_bytes())
        except (ValueError, RecursionError):
            raise HarvestError(url, _("the JSON is broken or cut short")) from None
        finally:
            self.body.unlink(missing_ok=True)
        if not isinstance(found, dict):
            raise HarvestError(url, _("it is no JSON object"))
        self.at = answer.url
        return found


class OgcApi:
    """The items of one collection, page by page."""

    accept = "application/geo+json"
    media_types: Sequence[str] = JSON
    most = PAGE_BYTES

    def __init__(self, source: Described, client: Client, folder: Path) -> None:
        self.source, self.url = source, source.service.url
        self.named = client.checked(self.url)
        self.ways = _Ways(_as_folder(self.url), client, folder / "answer")
        self.collection = self.ways.collection(source.service.layer)
        self.at = self.ways.at
        self.crs = self._crs()

    def _crs(self) -> str | None:
        """The CRS as the service names it, of the one that the description names."""
        wanted = self.source.service.crs
        if wanted is None:
            return None
        offered = _texts(self.collection.get("crs")) or [CRS84]
        if "#/crs" in offered:  # what all collections offer (18-058r1, 6.2.1)
            offered += _texts(self.ways.collections().get("crs"))
        for name in offered:
            if code_of(name) == wanted:
                return name
        raise HarvestError(
            self.url,
            _("%(crs)s is not offered; there are %(known)s")
            % {"crs": wanted, "known": ", ".join(filter(None, map(code_of, offered)))},
        )

    def first(self) -> str:
        service = self.source.service
        links = [each for each in self.collection.get("links") or [] if isinstance(each, dict)]
        items = [each for each in links if each.get("rel") == "items"]
        href = next((each["href"] for each in items if _is_json(each)), None)
        if not isinstance(href, str):
            raise HarvestError(
                self.url, _("collection %(name)s has no items") % {"name": service.layer}
            )
        parts = urlsplit(joined(self.named, self.at, href))
        asked: dict[str, str] = dict(parse_qsl(parts.query)) | dict(service.parameters)
        if service.page_size:
            asked["limit"] = str(service.page_size)
        if service.bbox:
            asked["bbox"] = ",".join(f"{each:.10g}" for each in service.bbox)
        if service.filter:
            asked |= {"filter": service.filter, "filter-lang": "cql2-text"}
        if self.crs:
            asked["crs"] = self.crs
        return urlunsplit(parts._replace(query=urlencode(asked)))

    def read(self, answer: Answer, path: Path) -> tuple[Told, Iterator[pa.Table]]:
        found = json_features.members(path)
        if self.crs and answer.content_crs and answer.content_crs != self.crs:
            raise WrongJson(
                _("asked for %(asked)s, it gives %(given)s")
                % {"asked": self.crs, "given": answer.content_crs}
            )
        # 18-058r1, 7.1: without the header it is CRS84, and so it is never that of a request that names another.
        if self.crs and self.crs != CRS84 and not answer.content_crs:
            raise WrongJson(
                _("asked for %(asked)s, it does not say what it gives") % {"asked": self.crs}
            )
        code = json_features.crs_code(answer.content_crs or CRS84)
        assert code is not None
        told = Told(
            matched=json_features.count_of(found), next_=self._next(answer, found), crs=code
        )
        return told, json_features.tables(path, flip=north_first(code))

    def _next(self, answer: Answer, found: dict[str, Any]) -> str | None:
        links = found.get("links")
        for each in links if isinstance(links, list) else []:
            if isinstance(each, dict) and each.get("rel") == "next" and _is_json(each):
                href = each.get("href")
                return joined(self.named, answer.url, href) if isinstance(href, str) else None
        return None

    def after(self, pages: Sequence[Page]) -> str | None:
        return pages[-1].next


def _as_folder(url: str) -> str:
    """With a slash at the end of its path, so that what is below it is found below it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/"))


def _texts(values: Any) -> list[str]:
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []


def _is_json(link: dict[str, Any]) -> bool:
    return link.get("type") in (None, *JSON)
