"""Run by QGIS's own Python, not by the tests': reads a served layer as QGIS does and prints what it found as JSON.

python3 qgis_reads.py http://127.0.0.1:8000
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsNetworkAccessManager,
    QgsRectangle,
    QgsVectorLayer,
)


def main(address: str) -> None:
    application = QgsApplication([], False)
    application.initQgis()
    asked = []
    QgsNetworkAccessManager.instance().requestAboutToBeCreated[
        "QgsNetworkRequestParameters"
    ].connect(lambda request: asked.append(request.request().url().toString()))

    def layer(kind: str = "trees") -> QgsVectorLayer:
        paging = "pageSize='40' pagingEnabled='true' restrictToRequestBBOX='1'"
        return QgsVectorLayer(f"url='{address}/api' typename='{kind}' {paging}", kind, "OAPIF")

    def read(one: QgsVectorLayer, request: QgsFeatureRequest) -> dict:
        QgsApplication.processEvents()  # what earlier reads asked for is told late
        del asked[:]
        features = sum(1 for _each in one.getFeatures(request))
        QgsApplication.processEvents()
        return {"features": features, "asked": list(asked)}

    whole = layer()
    found = {
        "valid": whole.isValid(),
        "crs": whole.crs().authid(),
        "fields": {field.name(): field.typeName() for field in whole.fields()},
        "whole": read(whole, QgsFeatureRequest()),
        "box": read(
            layer(), QgsFeatureRequest().setFilterRect(QgsRectangle(11.05, 53.0, 11.1, 53.1))
        ),
        "quarters": read(layer("quarters"), QgsFeatureRequest()),
    }
    print(json.dumps(found))
    # Without exitQgis(): QGIS 3.22 crashes in it now and then, when all has been said.
    sys.stdout.flush()
    os._exit(0)


main(sys.argv[1])
