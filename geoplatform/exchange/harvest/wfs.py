"""WFS 2.0 and 1.1 (OGC 09-025r2, 04-094): capabilities, then the features of one type, page by page.

OWSLib reads capabilities and writes requests; every request goes through our own client.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pyarrow as pa
from django.utils.translation import gettext as _
from owslib.feature.common import WFSCapabilitiesReader
from owslib.wfs import WebFeatureService

from geoplatform.exchange.harvest import gml_features, json_features
from geoplatform.exchange.harvest.client import Answer, Client, HarvestError, same_safety
from geoplatform.exchange.harvest.crs import north_first
from geoplatform.exchange.harvest.description import Described
from geoplatform.exchange.harvest.gml_features import Seen, WrongXml, look_through
from geoplatform.exchange.harvest.pages import Page
from geoplatform.exchange.harvest.walk import PAGE_BYTES, Told, check_type

XML = ("text/xml", "application/xml", "application/gml+xml")
JSON = ("application/json", "application/geo+json", "application/vnd.geo+json")
CAPABILITIES = 16_000_000
DEGREES = "urn:ogc:def:crs:EPSG::4326"
KNOWN = 20  # names in a message
# What OWSLib ends with when a document that is XML lacks what it takes for granted.
INCOMPLETE = (AttributeError, KeyError, IndexError, TypeError, ValueError, StopIteration)


class Wfs:
    """The features of one type."""

    def __init__(self, source: Described, client: Client, folder: Path) -> None:
        self.source, self.client, self.body = source, client, folder / "answer"
        service = source.service
        self.named = client.checked(service.url)
        self.json = "json" in service.format
        self.accept = ", ".join(JSON if self.json else XML)
        self.media_types: Sequence[str] = JSON if self.json else XML
        whole = source.limits.megabytes * 1_000_000
        self.most = PAGE_BYTES if service.page_size else whole
        url = WFSCapabilitiesReader(service.version).capabilities_url(service.url)
        self.ways = self._capabilities(url)
        if service.layer not in self.ways.contents:
            known = ", ".join(sorted(self.ways.contents)[:KNOWN])
            raise HarvestError(
                url,
                _("there is no %(name)s; there are %(known)s")
                % {"name": service.layer, "known": known},
            )
        self.crs = self._crs(url)
        self.axes = ""

    def _capabilities(self, url: str) -> Any:
        try:
            answer = self.client.get(url, self.body, accept=", ".join(XML), most=CAPABILITIES)
            check_type(answer, XML)
            look_through(self.body)
            return WebFeatureService(
                self.source.service.url, self.source.service.version, xml=self.body.read_bytes()
            )
        except WrongXml as error:
            raise HarvestError(url, str(error)) from None
        except INCOMPLETE:
            raise HarvestError(url, _("these are no capabilities of a WFS")) from None
        finally:
            self.body.unlink(missing_ok=True)

    def _crs(self, url: str) -> str | None:
        wanted = self.source.service.crs
        if wanted is None:
            return None
        for offered in self.ways.contents[self.source.service.layer].crsOptions:
            if offered.getcode() == wanted:
                return str(offered.getcodeurn())
        known = ", ".join(
            each.getcode() for each in self.ways.contents[self.source.service.layer].crsOptions
        )
        raise HarvestError(
            url, _("%(crs)s is not offered; there are %(known)s") % {"crs": wanted, "known": known}
        )

    def _url(self, start: int = 0, *, hits: bool = False) -> str:
        """Address of a page; with `hits` of the number of all features, which neither CRS nor page may narrow."""
        service = self.source.service
        try:
            url = self.ways.getGETGetFeatureRequest(
                typename=[service.layer],
                bbox=(*service.bbox, DEGREES) if service.bbox else None,
                maxfeatures=None if hits else service.page_size or None,
                startindex=start or None,
                srsname=None if hits else self.crs,
                outputFormat=service.format or None,
            )
        except INCOMPLETE:
            raise HarvestError(service.url, _("these are no capabilities of a WFS")) from None
        parts = urlsplit(same_safety(self.named, url))
        asked = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(service.parameters)
        if service.filter:
            asked["filter"] = service.filter
        if hits:
            asked["resultType"] = "hits"
        return urlunsplit(parts._replace(query=urlencode(asked)))

    def first(self) -> str:
        return self._url()

    def read(self, answer: Answer, path: Path) -> tuple[Told, Iterator[pa.Table]]:
        if self.json:
            return self._read_json(path)
        seen = look_through(path)
        if seen.root != "FeatureCollection":
            raise WrongXml(_("it is no FeatureCollection"))
        matched = seen.count("numberMatched") if self._tells else self._hits
        told = Told(matched=matched, crs=seen.crs_code())
        if not seen.members:
            return told, iter(())
        return told, gml_features.tables(path, self._axes(seen, path))

    def _axes(self, seen: Seen, path: Path) -> str:
        """As described, else as the CRS's name says; where that says nothing, by the box of the type in capabilities.

        The old `EPSG:4326` means longitude first to most, and latitude first to MapServer in WFS 1.1.
        """
        if self.source.service.axes or not seen.leaves_axes_open:
            return self.source.service.axes
        box = self.ways.contents[self.source.service.layer].boundingBoxWGS84
        code = seen.crs_code()
        if not self.axes and box and code and north_first(code):
            self.axes = gml_features.likelier_axes(path, code, box)
        return self.axes

    def _read_json(self, path: Path) -> tuple[Told, Iterator[pa.Table]]:
        found = json_features.members(path)
        told = Told(
            matched=json_features.count_of(found) if self._tells else self._hits,
            crs=json_features.old_crs(found),
        )
        return told, json_features.tables(path, flip=False)

    @property
    def _tells(self) -> bool:
        """Whether each answer tells how many features there are in all."""
        return self.source.service.version.startswith("2")

    @cached_property
    def _hits(self) -> int | None:
        """How many there are, where it must be asked for (04-094, 14.7.3)."""
        url = self._url(hits=True)
        try:
            answer = self.client.get(
                url, self.body.with_name("hits"), accept=", ".join(XML), most=CAPABILITIES
            )
            check_type(answer, XML)
            return look_through(self.body.with_name("hits")).count("numberOfFeatures")
        except WrongXml as error:
            raise HarvestError(url, str(error)) from None
        finally:
            self.body.with_name("hits").unlink(missing_ok=True)

    def after(self, pages: Sequence[Page]) -> str | None:
        """By what came so far, until a page is empty.

        A server may give less at once than it was asked for, and there are those that tell the number of features of
        the page as that of all: neither a short page nor a reached number is the end.
        """
        if not self.source.service.page_size:
            return None
        return self._url(sum(each.features for each in pages))
