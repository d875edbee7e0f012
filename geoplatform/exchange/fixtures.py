"""The small city that an empty installation starts with: read by the ordinary importer, as any city's files are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Source
from geoplatform.exchange.load import Request, load
from geoplatform.exchange.mapping import read_mapping
from geoplatform.exchange.report import Summary

FIXTURES: Path = settings.BASE_DIR / "fixtures"
# Layer, file, mapping; what others refer to comes first.
FILES = (
    ("species", "species.csv", "species"),
    ("municipalities", "schwerin/municipality.geojson", "schwerin-municipality"),
    ("quarters", "schwerin/quarters.geojson", "schwerin-quarters"),
    ("green-spaces", "schwerin/green_spaces.geojson", "schwerin-green-spaces"),
    ("green-corridors", "schwerin/green_corridors.geojson", "schwerin-green-corridors"),
    ("streets", "schwerin/streets.geojson", "schwerin-streets"),
    ("gardens", "schwerin/gardens.geojson", "schwerin-gardens"),
    ("garden-plots", "schwerin/garden_plots.geojson", "schwerin-garden-plots"),
    ("fruit-trees", "schwerin/fruit_trees.geojson", "schwerin-fruit-trees"),
)
LAST_SOURCE = "schwerin-sketch"


def are_there() -> bool:
    """Whether the fixtures were loaded before; what became of them since is nobody's to undo."""
    return Source.objects.filter(name=LAST_SOURCE).exists()


def load_with_species(request: Request) -> Summary:
    """Load a file; before the first one that names species, the platform's own list, which knows what is edible.

    Both or neither. Raises LoadError.
    """
    with transaction.atomic():
        species = registry.by_role("species")
        if species.model in _named_by(request.layer) and not species.rows().exists():
            load(_request(*FILES[0]))
        summary = load(request)
        if request.dry_run or not summary.loaded:
            transaction.set_rollback(True)
    return summary


def _named_by(layer: Layer) -> set[Any]:
    """The tables that features of a layer refer to."""
    return {field.related_model for field in layer.model._meta.concrete_fields if field.is_relation}


def _request(name: str, file: str, mapping: str) -> Request:
    layer = registry.get(name)
    if layer is None:
        raise LookupError(name)
    path = FIXTURES / "mappings" / f"{mapping}.toml"
    return Request(layer=layer, path=FIXTURES / file, mapping=read_mapping(path))


def load_fixtures() -> Iterator[tuple[str, Summary]]:
    """Load all files; name of the layer and what was done, one after the other. Raises LoadError."""
    for name, file, mapping in FILES:
        if registry.get(name) is not None:  # an installation may have left a layer out
            yield name, load(_request(name, file, mapping))
