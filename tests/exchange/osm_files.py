"""Small OSM files, written as XML: nodes by name and place, ways of named nodes, relations of named ways."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

Tags = dict[str, str]


class OsmFile:
    """Collects objects and writes them. Ids are given in the order of coming, from 1 for each kind."""

    def __init__(self) -> None:
        self.nodes: list[tuple[float, float, Tags]] = []
        self.ways: list[tuple[list[int], Tags]] = []
        self.relations: list[tuple[list[tuple[int, str]], Tags]] = []

    def node(self, longitude: float, latitude: float, **tags: Any) -> int:
        self.nodes.append((longitude, latitude, _tags(tags)))
        return len(self.nodes)

    def way(self, *places: tuple[float, float], closed: bool = False, **tags: Any) -> int:
        numbers = [self.node(*each) for each in places]
        self.ways.append((numbers + numbers[:1] if closed else numbers, _tags(tags)))
        return len(self.ways)

    def box(self, west: float, south: float, east: float, north: float, **tags: Any) -> int:
        corners = [(west, south), (east, south), (east, north), (west, north)]
        return self.way(*corners, closed=True, **tags)

    def relation(self, *members: tuple[int, str], **tags: Any) -> int:
        self.relations.append((list(members), _tags({"type": "multipolygon", **tags})))
        return len(self.relations)

    def xml(self) -> str:
        lines = ["<?xml version='1.0' encoding='UTF-8'?>", "<osm version='0.6'>"]
        for number, (longitude, latitude, tags) in enumerate(self.nodes, 1):
            lines.append(
                f"<node id='{number}' version='1' lon='{longitude}' lat='{latitude}'>{_xml(tags)}</node>"
            )
        for number, (nodes, tags) in enumerate(self.ways, 1):
            refs = "".join(f"<nd ref='{each}'/>" for each in nodes)
            lines.append(f"<way id='{number}' version='1'>{refs}{_xml(tags)}</way>")
        for number, (members, tags) in enumerate(self.relations, 1):
            refs = "".join(
                f"<member type='way' ref='{way}' role='{role}'/>" for way, role in members
            )
            lines.append(f"<relation id='{number}' version='1'>{refs}{_xml(tags)}</relation>")
        return "\n".join([*lines, "</osm>"])


def _tags(tags: dict[str, Any]) -> Tags:
    """`diameter_crown` is a key; `garden__type` is `garden:type`."""
    return {key.replace("__", ":"): str(value) for key, value in tags.items()}


def _xml(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
