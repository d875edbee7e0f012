"""Draws the pictures of docs/how-to/qgis.md, with QGIS's own Python, from a platform that runs with its fixtures.

python3 docs/images/qgis_pictures.py http://127.0.0.1:8000
"""

from __future__ import annotations

import os
import sys
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsClassificationEqualInterval,
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsSingleSymbolRenderer,
    QgsStyle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QEventLoop, QSize
from qgis.PyQt.QtGui import QColor, QImage, QPainter

FOLDER = Path(__file__).parent
PAPER = QColor("#f6f3ea")
# The old town and the castle garden, EPSG:25833: west, south, east, north.
TOWN = QgsRectangle(261700, 5946300, 264100, 5948100)
METRIC = QgsCoordinateReferenceSystem("EPSG:25833")


def wms(address: str, *layers: str) -> QgsRasterLayer:
    """Layers of the service in one picture, from the bottom up: names stand above all of them."""
    # QGIS reads repeated parameters from the last to the first.
    chosen = "".join(f"&layers={each}&styles=" for each in reversed(layers))
    source = f"crs=EPSG:25833&format=image/png{chosen}&dpiMode=all&url={address}/wms"
    return checked(QgsRasterLayer(source, layers[-1], "wms"))


def features(address: str, layer: str) -> QgsVectorLayer:
    return checked(QgsVectorLayer(f"url='{address}/api' typename='{layer}'", layer, "OAPIF"))


def opened(address: str) -> list:
    """The layers of the project, as it comes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "geoplatform.qgz"
        with urllib.request.urlopen(f"{address}/downloads/geoplatform.qgz") as answer:  # noqa: S310  the address given
            path.write_bytes(answer.read())
        QgsProject.instance().read(str(path))
    layers = QgsProject.instance().layerTreeRoot().layerOrder()
    return [checked(each) for each in layers if each.isSpatial()]


def checked(layer):
    if not layer.isValid():
        raise SystemExit(f"{layer.name()}: {layer.error().message()}")
    return layer


def saved(image: QImage, name: str) -> None:
    target = FOLDER / name
    image.convertToFormat(QImage.Format_RGB32).save(str(target), "PNG", 0)
    print(target.name, target.stat().st_size, "bytes")


def map_of(layers: list, width: int = 800, height: int = 600) -> QgsMapSettings:
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(METRIC)
    settings.setExtent(TOWN)
    settings.setOutputSize(QSize(width, height))
    settings.setBackgroundColor(PAPER)
    return settings


def picture(settings: QgsMapSettings) -> QImage:
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def legend(layer: QgsRasterLayer, settings: QgsMapSettings) -> QImage:
    """What QGIS shows under the layer's name: the picture that the service explains itself with."""
    fetcher = layer.dataProvider().getLegendGraphicFetcher(settings)
    loop, got = QEventLoop(), []
    fetcher.finish.connect(lambda image: (got.append(image), loop.quit()))
    fetcher.error.connect(loop.quit)
    fetcher.start()
    loop.exec_()
    return got[0]


def with_legends(layer: QgsRasterLayer, explained: list) -> QImage:
    """The map, and beside it the legends of some of its layers."""
    settings = map_of([layer], 340, 620)
    legends = [legend(each, settings) for each in explained]
    page = QImage(360 + max(each.width() for each in legends), 620, QImage.Format_RGB32)
    page.fill(QColor("#ffffff"))
    painter = QPainter(page)
    painter.drawImage(0, 0, picture(settings))
    top = 10
    for each in legends:
        painter.drawImage(350, top, each)
        top += each.height() + 10
    painter.end()
    return page


def main(address: str) -> None:
    application = QgsApplication([], False)
    application.initQgis()
    together = ("quarters", "green-spaces", "gardens", "green-corridors", "streets", "fruit-trees")
    explained = [wms(address, name) for name in ("fruit-trees", "gardens", "green-spaces")]
    saved(with_legends(wms(address, *together), explained), "qgis-wms.png")

    # What only features can: symbols by rules of one's own.
    trees, quarters = features(address, "fruit-trees"), features(address, "quarters")
    white = QgsFillSymbol.createSimple({"color": "255,255,255,90", "outline_color": "#8a8577"})
    quarters.setRenderer(QgsSingleSymbolRenderer(white))
    by_month = QgsGraduatedSymbolRenderer("fruit_from")
    by_month.setClassificationMethod(QgsClassificationEqualInterval())
    by_month.updateClasses(trees, 5)
    by_month.updateColorRamp(QgsStyle.defaultStyle().colorRamp("Viridis"))
    by_month.setSymbolSizes(4, 4)
    trees.setRenderer(by_month)
    saved(picture(map_of([trees, quarters])), "qgis-features.png")

    source = f"{address}/tiles/green-spaces/{{z}}/{{x}}/{{y}}.mvt"
    style = f"{address}/styles/green-spaces.json"
    tiles = QgsVectorTileLayer(
        f"styleUrl={style}&type=xyz&zmin=0&zmax=22&url={source}", "green-spaces"
    )
    checked(tiles).loadDefaultStyle()
    saved(picture(map_of([tiles])), "qgis-vector-tiles.png")

    saved(picture(map_of(opened(address))), "qgis-project.png")
    sys.stdout.flush()
    os._exit(0)  # QGIS 3.22 crashes in exitQgis() now and then, when all has been done


main(sys.argv[1])
