"""A WMS as the map's background: what the map needs is looked for, and an entity is never read."""

import io

import pytest
from PIL import Image

from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.harvest.description import read_source
from tests.exchange.wfs_server import ENTITIES, EXCEPTION, EXTERNAL

PARAMETER = """<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x.dtd"> %a;]>"""
CAPABILITIES = """<?xml version="1.0" encoding="UTF-8"?>
<WMS_Capabilities version="1.3.0" xmlns="http://www.opengis.net/wms" xmlns:xlink="http://www.w3.org/1999/xlink">
<Service><Name>WMS</Name><Title>Town</Title></Service>
<Capability><Request><GetMap><Format>{format}</Format><DCPType><HTTP><Get>
<OnlineResource xlink:href="{url}"/></Get></HTTP></DCPType></GetMap></Request>
<Layer><Title>All</Title><CRS>{crs}</CRS><Layer><Name>ground</Name><Title>Ground</Title></Layer></Layer>
</Capability></WMS_Capabilities>"""


def picture():
    file = io.BytesIO()
    Image.new("RGB", (256, 256)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def ground(there, run, tmp_path):
    """Describe and harvest a WMS; what it answers can be changed."""

    def harvest(
        *,
        layer="ground",
        spoil=None,
        body=None,
        kind="image/png",
        version="1.3.0",
        **capabilities,
    ):
        told = {"format": "image/png", "url": f"{there.url}/wms?map=a", "crs": "EPSG:3857"}
        text = CAPABILITIES.format(**{**told, **capabilities})

        def answer(request):
            if request.query["REQUEST"] == "GetMap":
                request.say(picture() if body is None else body, kind)
            else:
                request.say(spoil(text) if spoil else text, "text/xml")

        there.answers["/wms"] = answer
        path = tmp_path / "ground.toml"
        path.write_text(f"""
attribution = "Town"
[service]
kind = "wms"
version = "{version}"
url = "{there.url}/wms?map=a&request=GetCapabilities"
layer = "{layer}"
[limits]
pause = 0
retries = 0
""")
        return run(read_source(path)).background

    return harvest


def test_the_address_for_the_map(there, ground):
    found = ground()
    assert found.attribution == "Town"
    assert found.url == (
        f"{there.url}/wms?map=a&SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&LAYERS=ground&STYLES=&CRS=EPSG:3857"
        "&WIDTH=256&HEIGHT=256&FORMAT=image/png&BBOX={bbox-epsg-3857}"
    )
    assert len(there.asked) == 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"layer": "roof"}, "there is no roof; there are ground"),
        ({"crs": "EPSG:25833"}, "EPSG:3857 is not offered; there are EPSG:25833"),
        ({"format": "image/tiff"}, "image/png is not offered"),
        ({"url": "http://internal.example/wms?"}, "another host"),
        ({"body": EXCEPTION, "kind": "text/xml"}, "the answer is text/xml"),
        ({"body": b"GIF89a", "kind": "image/png"}, "no picture"),
        ({"body": b"", "kind": "image/png"}, "no picture"),
        ({"spoil": lambda text: EXCEPTION}, "The disk is full"),
        ({"spoil": lambda text: "<a/>"}, "no capabilities of a WMS"),
        ({"spoil": lambda text: text.replace("<?xml version", ENTITIES[:13]) + "<"}, "broken"),
        ({"spoil": lambda text: ENTITIES + text.partition("?>")[2]}, "entities"),
        ({"spoil": lambda text: ENTITIES + "<a/>", "version": "1.1.1"}, "entities"),
        ({"spoil": lambda text: EXTERNAL + "<a>&a;</a>", "version": "1.1.1"}, "entities"),
        ({"spoil": lambda text: PARAMETER + "<a/>", "version": "1.1.1"}, "entities"),
    ],
    ids=range(14),
)
def test_what_the_map_cannot_stand_on(there, ground, wrong, told):
    with pytest.raises(LoadError, match=told) as error:
        ground(**wrong)
    assert str(error.value).startswith("http")
