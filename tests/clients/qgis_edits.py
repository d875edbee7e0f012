"""Run by QGIS's own Python (3.32 or newer): edits served features as people do in QGIS, and prints what came of it.

python3 qgis_edits.py '{"address": "http://127.0.0.1:8000", "tokens": {"anna": ...}, "tree": number}'
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsVectorDataProvider,
    QgsVectorLayer,
)

GIVEN = json.loads(sys.argv[1])
HERE = QgsPointXY(11.05, 53.05)
LOGGED: list[str] = []  # the tab "OAPIF" of QGIS's log panel


def layer(person: str, kind: str = "fruit-trees", crs: str = "") -> QgsVectorLayer:
    source = f"url='{GIVEN['address']}/api' typename='{kind}' pagingEnabled='true'"
    if crs:
        source += f" srsname='{crs}'"
    if person in GIVEN["tokens"]:
        source += f" username='{person}' password='{GIVEN['tokens'][person]}'"
    made = QgsVectorLayer(source, person, "OAPIF")
    assert made.isValid(), person
    # All features are in QGIS's own cache from now on, as on an open map.
    assert list(made.getFeatures())
    return made


def tree(of: QgsVectorLayer) -> QgsFeature:
    return next(each for each in of.getFeatures() if each["note"] == "the tree")


def commit(of: QgsVectorLayer) -> dict:
    del LOGGED[:]
    done = of.commitChanges()
    QgsApplication.processEvents()
    errors = [] if done else of.commitErrors()
    if not done:
        of.rollBack()
    return {"done": done, "errors": errors, "log": list(LOGGED)}


def change(of: QgsVectorLayer, feature: QgsFeature, to: QgsPointXY = None, **values) -> dict:
    of.startEditing()
    for name, value in values.items():
        assert of.changeAttributeValue(feature.id(), of.fields().indexOf(name), value)
    if to is not None:
        assert of.changeGeometry(feature.id(), QgsGeometry.fromPointXY(to))
    return commit(of)


def main() -> None:
    application = QgsApplication([], False)
    application.initQgis()
    log = QgsApplication.messageLog()
    log.messageReceived["QString", "QString", "Qgis::MessageLevel"].connect(
        lambda text, _tag, _level: LOGGED.append(text)
    )
    anna, bert, citizen = layer("anna"), layer("bert"), layer("citizen")
    can = anna.dataProvider().capabilities()
    found = {
        "version": Qgis.QGIS_VERSION,
        "can": {
            name: bool(can & getattr(QgsVectorDataProvider, name))
            for name in (
                "AddFeatures",
                "ChangeAttributeValues",
                "ChangeGeometries",
                "DeleteFeatures",
            )
        },
    }
    of_anna, of_bert, of_citizen = tree(anna), tree(bert), tree(citizen)
    found["anna"] = change(anna, of_anna, height_m=5.5)
    found["bert: another field"] = change(bert, of_bert, crown_m=3.5)
    found["bert: the same field"] = change(bert, of_bert, height_m=9.5)
    found["anna: again, and moved"] = change(anna, of_anna, QgsPointXY(11.06, 53.06), height_m=6.5)
    found["citizen"] = change(citizen, of_citizen, access="closed")

    new = QgsFeature(anna.fields())
    new.setGeometry(QgsGeometry.fromPointXY(HERE))
    new["species"] = "Malus domestica"
    new["note"] = "by QGIS"
    anna.startEditing()
    assert anna.addFeature(new)
    found["created"] = commit(anna)
    metres = layer("bert", crs="EPSG:25833")
    made = next(each for each in metres.getFeatures() if each["note"] == "by QGIS")
    place = made.geometry().asPoint()
    found["in metres"] = change(metres, made, QgsPointXY(place.x() + 10, place.y()))
    gone = next(each for each in anna.getFeatures() if each["note"] == "to be felled")
    anna.startEditing()
    assert anna.deleteFeature(gone.id())
    found["deleted"] = commit(anna)

    quarters = layer("anna", "quarters")
    can = quarters.dataProvider().capabilities()
    found["read only"] = not can & QgsVectorDataProvider.AddFeatures
    meadows = layer("citizen", "green-spaces")
    new = QgsFeature(meadows.fields())
    new.setGeometry(
        QgsGeometry.fromWkt("MultiPolygon(((11.02 53.02, 11.03 53.02, 11.03 53.03, 11.02 53.02)))")
    )
    new["name"], new["kind"] = "Wiese", "meadow"
    meadows.startEditing()
    assert meadows.addFeature(new)
    found["area that waits"] = commit(meadows)
    print(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)


main()
