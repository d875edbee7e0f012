"""Run by QGIS's own Python, not by the tests': draws and asks each layer of a WMS, which it finds by the address alone.

python3 qgis_draws.py http://127.0.0.1:8000 '{"trees": [11.05, 53.05], ...}'

The second argument says where each layer has something. Prints what it found as JSON, by layer and CRS.
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsNetworkAccessManager,
    QgsPointXY,
    QgsProject,
    QgsRaster,
    QgsRasterLayer,
    QgsRectangle,
    QgsSettings,
)
from qgis.PyQt.QtCore import QEventLoop, QSize
from qgis.PyQt.QtGui import QColor, QImage

SIDE = 400  # pixels
HALF = 500  # units of the CRS from the middle of the picture to its edge
FORMATS = {
    "text": QgsRaster.IdentifyFormatText,
    "html": QgsRaster.IdentifyFormatHtml,
    "feature": QgsRaster.IdentifyFormatFeature,
}


def offered(address: str) -> dict:
    """What QGIS's browser makes of the address: for each layer its data source."""
    # Where a connection stands in the settings: up to 3.28, and since.
    for place in ("qgis/connections-wms/Town", "connections/ows/items/wms/connections/items/Town"):
        QgsSettings().setValue(f"{place}/url", f"{address}/wms")
    root = QgsApplication.dataItemProviderRegistry().provider("WMS").createDataItem("", None)
    found, waiting = {}, [root]
    while waiting:
        item = waiting.pop()
        uri = getattr(item, "uri", str)()
        if uri:
            found[uri.split("layers=")[1].split("&")[0]] = uri
        waiting += item.createChildren() or item.children()
    return found


def place(crs: QgsCoordinateReferenceSystem, at: list) -> QgsPointXY:
    degrees = QgsCoordinateReferenceSystem("OGC:CRS84")
    return QgsCoordinateTransform(degrees, crs, QgsProject.instance()).transform(*at)


def seen(
    layer: QgsRasterLayer, crs: QgsCoordinateReferenceSystem, box: QgsRectangle
) -> QgsMapSettings:
    """A map of this layer alone."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(crs)
    settings.setExtent(box)
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setBackgroundColor(QColor(0, 0, 0, 0))
    return settings


def drawn(settings: QgsMapSettings) -> int:
    """How many pixels of the map are not the background."""
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage().convertToFormat(QImage.Format_ARGB32)
    return sum(image.pixelColor(x, y).alpha() > 0 for x in range(SIDE) for y in range(SIDE))


def legend(layer: QgsRasterLayer, settings: QgsMapSettings) -> list:
    """Width and height of the picture that explains the layer; empty where none was to be had."""
    fetcher = layer.dataProvider().getLegendGraphicFetcher(settings)
    loop, got = QEventLoop(), []
    fetcher.finish.connect(lambda image: (got.append(image), loop.quit()))
    fetcher.error.connect(lambda _said: loop.quit())
    fetcher.start()
    loop.exec_()
    return [got[0].width(), got[0].height()] if got else []


def told(layer: QgsRasterLayer, at: QgsPointXY, box: QgsRectangle) -> dict:
    """Feature info by format, as text."""
    found = {}
    for name, kind in FORMATS.items():
        result = layer.dataProvider().identify(at, kind, box, SIDE, SIDE)
        values = result.results() if result.isValid() else {}
        if name == "feature":
            found[name] = [
                {field.name(): str(each[field.name()]) for field in each.fields()}
                for stores in values.values()
                for store in stores
                for each in store.features()
            ]
        else:
            found[name] = " ".join(map(str, values.values()))
    return found


def main(address: str, places: dict) -> None:
    application = QgsApplication([], False)
    application.initQgis()
    asked = []
    QgsNetworkAccessManager.instance().requestAboutToBeCreated[
        "QgsNetworkRequestParameters"
    ].connect(lambda request: asked.append(request.request().url().toString()))
    found = {}
    for name, uri in offered(address).items():
        for code in ("EPSG:25833", "EPSG:3857"):
            crs = QgsCoordinateReferenceSystem(code)
            layer = QgsRasterLayer(uri.replace("crs=CRS:84", f"crs={code}"), name, "wms")
            report = found[f"{name} {code}"] = {"valid": layer.isValid()}
            if not layer.isValid() or name not in places:
                continue
            at = place(crs, places[name])
            box = QgsRectangle(at.x() - HALF, at.y() - HALF, at.x() + HALF, at.y() + HALF)
            map_ = seen(layer, crs, box)
            report |= {
                "crs": layer.crs().authid(),
                "title": layer.name(),
                "drawn": drawn(map_),
                "told": told(layer, at, box),
                "legend": legend(layer, map_),
            }
    QgsApplication.processEvents()
    print(json.dumps({"layers": found, "asked": asked}))
    # Without exitQgis(): QGIS 3.22 crashes in it now and then, when all has been said.
    sys.stdout.flush()
    os._exit(0)


main(sys.argv[1], json.loads(sys.argv[2]))
