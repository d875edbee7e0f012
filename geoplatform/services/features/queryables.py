"""What can be asked of a layer and what its features are, as JSON Schema (OGC 19-079r2 and 23-058r2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from geoplatform.services.features import schemas
from geoplatform.services.features.formats import SCHEMA
from geoplatform.services.features.views import document, layer_or_404


@document("queryables", *SCHEMA)
def queryables(request: HttpRequest, name: str) -> dict[str, Any]:
    """What a filter on this layer may name."""
    return schemas.queryables(request, layer_or_404(name))


@document("schema", *SCHEMA)
def schema(request: HttpRequest, name: str) -> dict[str, Any]:
    """What the layer's features carry, and what may be sent."""
    return schemas.schema(request, layer_or_404(name))
