"""GetLegendGraphic: the whole legend, one category, both languages, and nothing else."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.services.wms import get, refusal

pytestmark = pytest.mark.django_db


def asked(**values: str) -> dict[str, str]:
    common = {"SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetLegendGraphic"}
    return {**common, "LAYER": "fruit-trees", "FORMAT": "image/png", **values}


def picture(**values: str) -> Image.Image:
    response = get(asked(**values))
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("image/"), response.content
    return Image.open(BytesIO(response.content))


def test_the_whole_legend_and_one_category():
    whole, one = picture(), picture(RULE="nut")
    assert one.height < whole.height
    assert one.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)
    assert picture(TRANSPARENT="TRUE").convert("RGBA").getpixel((0, 0))[3] == 0
    assert picture(FORMAT="image/jpeg").format == "JPEG"


def test_size_of_a_swatch():
    assert picture(RULE="nut", WIDTH="40", HEIGHT="30").size == (40, 30)
    assert picture(RULE="nut", WIDTH="40").size == (40, 40)
    # QGIS sends the map along with the question.
    assert picture(WIDTH="1200", HEIGHT="900", BBOX="1,2,3,4").size == picture().size


def test_labels_in_both_languages():
    german, english = (np.asarray(picture(LANGUAGE=code).convert("RGB")) for code in ("ger", "eng"))
    assert german.shape != english.shape or not np.array_equal(german, english)


def test_dots_per_inch():
    assert picture(DPI="192").height == pytest.approx(2 * picture().height, abs=8)


def test_versions_that_clients_send():
    for version in ("1.0.0", "1.1.0", "1.1.1", ""):
        assert picture(VERSION=version).size == picture().size


def test_unchanged_is_not_sent_again():
    first = get(asked())
    assert get(asked(), **{"If-None-Match": first.headers["ETag"]}).status_code == 304
    other = get(asked(LANGUAGE="eng"), **{"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"LAYER": ""}, "MissingParameterValue"),
        ({"LAYER": "nothing"}, "LayerNotDefined"),
        ({"LAYER": "species"}, "LayerNotDefined"),
        ({"LAYER": "geoplatform"}, "LayerNotDefined"),
        ({"STYLE": "pretty"}, "StyleNotDefined"),
        ({"FORMAT": "image/svg+xml"}, "InvalidFormat"),
        ({"RULE": "no such"}, "InvalidParameterValue"),
        ({"WIDTH": "100000", "HEIGHT": "100000"}, "InvalidParameterValue"),
        ({"SLD_BODY": "<a/>"}, "OperationNotSupported"),
    ],
)
def test_refusals(values, code):
    assert refusal(get(asked(**values)))[0] == code
