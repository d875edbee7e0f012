"""Run by QGIS's own Python, not by the tests': opens a project as QGIS does and prints what is in it as JSON.

python3 qgis_opens.py map.qgz
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsCategorizedSymbolRenderer,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRenderContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage

SIDE = 300  # pixels


def symbol_layers(symbol) -> list:
    return [[each.layerType(), each.color().name()] for each in symbol.symbolLayers()]


def looks(layer: QgsVectorLayer) -> dict:
    """How features are drawn: by value, or all alike (no value)."""
    renderer = layer.renderer()
    if renderer is None:
        return {}
    if isinstance(renderer, QgsCategorizedSymbolRenderer):
        return {
            "field": renderer.classAttribute(),
            "symbols": {
                str(each.value() or ""): symbol_layers(each.symbol())
                for each in renderer.categories()
            },
            "labels": [each.label() for each in renderer.categories()],
        }
    return {"field": None, "symbols": {"": symbol_layers(renderer.symbol())}, "labels": []}


def states(layer: QgsVectorLayer, feature) -> dict:
    """The first feature's marker in each state: shape, size and colour, after what overrules them."""
    renderer = layer.renderer()
    context = QgsRenderContext()
    found = {}
    for status in ("confirmed", "unconfirmed", "gone"):
        feature.setAttribute("status", status)
        expressions = QgsExpressionContext(
            QgsExpressionContextUtils.globalProjectLayerScopes(layer)
        )
        expressions.setFeature(feature)
        context.setExpressionContext(expressions)
        renderer.startRender(context, layer.fields())
        marker = renderer.symbolForFeature(feature, context).symbolLayers()[-1]
        given = marker.dataDefinedProperties()
        values = {}
        for name, key, usual in (
            ("name", marker.PropertyName, None),
            ("color", marker.PropertyFillColor, marker.color().name()),
        ):
            values[name] = given.valueAsString(key, expressions, usual or "")[0]
        found[status] = values
        renderer.stopRender(context)
    return found


def drawn(layer, project: QgsProject) -> int:
    """How many pixels a map of what the layer holds has that are not the background."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(project.crs())
    box = settings.layerToMapCoordinates(layer, layer.extent())
    box.grow(200)
    settings.setExtent(box)
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setBackgroundColor(QColor(0, 0, 0, 0))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage().convertToFormat(QImage.Format_ARGB32)
    return sum(image.pixelColor(x, y).alpha() > 0 for x in range(SIDE) for y in range(SIDE))


def told(layer, project: QgsProject) -> dict:
    found = {
        "valid": layer.isValid(),
        "title": layer.name(),
        "provider": layer.providerType(),
        "licences": layer.metadata().licenses(),
        "scales": [layer.maximumScale(), layer.minimumScale()],
        "by_scale": layer.hasScaleBasedVisibility(),
    }
    if not isinstance(layer, QgsVectorLayer) or not layer.isValid():
        return found
    features = list(layer.getFeatures())
    found |= {
        "features": len(features),
        "spatial": layer.isSpatial(),
        "aliases": {each.name(): each.alias() for each in layer.fields()},
        "names": layer.labelsEnabled()
        and [layer.labeling().settings().fieldName, layer.labeling().settings().minimumScale],
    }
    if layer.isSpatial():
        found |= {"looks": looks(layer), "drawn": drawn(layer, project)}
        if layer.geometryType() == 0:
            found["states"] = states(layer, features[0])
    return found


def main(path: str) -> None:
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    read = project.read(path)
    print(
        json.dumps(
            {
                "read": read,
                "title": project.title(),
                "crs": project.crs().authid(),
                "order": [each.layerId() for each in project.layerTreeRoot().findLayers()],
                "layers": {
                    name: told(layer, project) for name, layer in project.mapLayers().items()
                },
            }
        )
    )
    # Without exitQgis(): QGIS 3.22 crashes in it now and then, when all has been said.
    sys.stdout.flush()
    os._exit(0)


main(sys.argv[1])
