"""A WFS for the tests' neighbour: 2.0.0 and 1.1.0, honest at first."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template

from pyproj import Transformer

from tests.exchange.neighbour import Neighbour, Request

# What no answer may be.
ENTITIES = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>"""
EXCEPTION = """<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1"><ows:Exception><ows:ExceptionText>
The disk is full</ows:ExceptionText></ows:Exception></ows:ExceptionReport>"""
OPERATION = """<ows:Operation name="{name}"><ows:DCP><ows:HTTP>
<ows:Get xlink:href="{url}"/></ows:HTTP></ows:DCP></ows:Operation>"""
CAPABILITIES = Template("""<?xml version="1.0" encoding="UTF-8"?>
<wfs:WFS_Capabilities version="$version" xmlns:wfs="$wfs" xmlns:ows="$ows" xmlns:xlink="http://www.w3.org/1999/xlink"
  xmlns:app="http://town.example/app">
<ows:ServiceIdentification><ows:Title>Town</ows:Title><ows:ServiceType>WFS</ows:ServiceType>
</ows:ServiceIdentification>
<ows:OperationsMetadata>$operations</ows:OperationsMetadata>
<wfs:FeatureTypeList><wfs:FeatureType><wfs:Name>app:trees</wfs:Name><wfs:Title>Trees</wfs:Title>
<wfs:$default>urn:ogc:def:crs:EPSG::4326</wfs:$default><wfs:$other>urn:ogc:def:crs:EPSG::25833</wfs:$other>
<ows:WGS84BoundingBox><ows:LowerCorner>$lower</ows:LowerCorner><ows:UpperCorner>$upper</ows:UpperCorner>
</ows:WGS84BoundingBox></wfs:FeatureType></wfs:FeatureTypeList></wfs:WFS_Capabilities>""")
NAMESPACES = {
    "2.0.0": {
        "wfs": "http://www.opengis.net/wfs/2.0",
        "ows": "http://www.opengis.net/ows/1.1",
        "default": "DefaultCRS",
        "other": "OtherCRS",
    },
    "1.1.0": {
        "wfs": "http://www.opengis.net/wfs",
        "ows": "http://www.opengis.net/ows",
        "default": "DefaultSRS",
        "other": "OtherSRS",
    },
}
COLLECTION = """<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="{wfs}" xmlns:gml="{gml}" xmlns:app="http://town.example/app"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://town.example/app {url}/schema.xsd" {counts}>{members}</wfs:FeatureCollection>"""
TREE = """<{member}><app:trees gml:id="trees.{number}"><app:place><gml:Point gml:id="p{number}" srsName="{srs}">
<gml:pos>{x} {y}</gml:pos></gml:Point></app:place><app:nr>{number:05}</app:nr><app:species>Malus domestica</app:species>
{height}</app:trees></{member}>"""


def capabilities(version: str, url: str, box: tuple[str, str] = ("11 53", "12 54")) -> str:
    operations = "".join(
        OPERATION.format(name=name, url=url)
        for name in ("GetCapabilities", "DescribeFeatureType", "GetFeature")
    )
    return CAPABILITIES.substitute(
        version=version,
        operations=operations,
        lower=box[0],
        upper=box[1],
        **NAMESPACES[version],
    )


def features(
    there: Neighbour, version: str, numbers: Sequence[int], srs: str, counts: str, *, turned: bool
) -> str:
    """GML of some trees. `turned` is whether the first number is the second of (longitude or easting, northing)."""
    code = srs.rpartition(":")[2].rpartition("/")[2].replace("ETRS89_UTM", "258")
    transformer = Transformer.from_crs("OGC:CRS84", f"EPSG:{code}", always_xy=True)
    members = []
    for number in numbers:
        x, y = transformer.transform(11.05 + number * 1e-5, 53.05)
        members.append(
            TREE.format(
                member="wfs:member" if version == "2.0.0" else "gml:featureMember",
                number=number,
                srs=srs,
                x=repr(y if turned else x),
                y=repr(x if turned else y),
                # Every other page-long stretch knows no heights at all.
                height=f"<app:height>{number % 20 + 1}</app:height>" if number % 20 < 10 else "",
            )
        )
    return COLLECTION.format(
        wfs=NAMESPACES[version]["wfs"],
        gml="http://www.opengis.net/gml/3.2"
        if version == "2.0.0"
        else "http://www.opengis.net/gml",
        url=there.url,
        counts=counts,
        members="".join(members),
    )


def offer_wfs(
    there: Neighbour,
    count: int,
    *,
    version: str = "2.0.0",
    srs: str = "urn:ogc:def:crs:EPSG::4326",
    turned: bool | None = None,
    most: int = 1000,
    matched: str | None = None,
    box: tuple[str, str] = ("11 53", "12 54"),
) -> None:
    """A WFS with one type `app:trees`. `most` is the server's own limit, `matched` the number that it tells."""
    if turned is None:
        turned = srs.endswith("4326") and not srs.startswith("EPSG:")

    def answer(request: Request) -> None:
        asked = {name.lower(): value for name, value in request.query.items()}
        if asked["request"] == "GetCapabilities":
            request.say(capabilities(version, f"{there.url}/wfs", box), "text/xml")
            return
        said = count if matched is None else matched
        start = int(asked.get("startindex", 0))
        size = int(asked.get("count" if version == "2.0.0" else "maxfeatures", count))
        numbers = range(start, min(start + size, start + most, count))
        if version == "2.0.0":
            counts = f'numberMatched="{said}" numberReturned="{len(numbers)}"'
        elif asked.get("resulttype") == "hits":
            counts, numbers = f'numberOfFeatures="{said}"', range(0)
        else:
            counts = f'numberOfFeatures="{len(numbers)}"'
        text = features(there, version, numbers, srs, counts, turned=turned)
        request.say(text, "text/xml; subtype=gml/3.1.1")

    there.answers["/wfs"] = answer
