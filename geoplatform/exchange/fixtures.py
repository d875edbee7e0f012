"""The small city that an empty installation starts with: read by the ordinary importer, as any city's files are."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from geoplatform.catalog import registry
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


def load_fixtures() -> Iterator[tuple[str, Summary]]:
    """Load all files; name of the layer and what was done, one after the other. Raises LoadError."""
    for name, file, mapping in FILES:
        layer = registry.get(name)
        if layer is None:
            continue  # an installation may have left a layer out
        request = Request(
            layer=layer,
            path=FIXTURES / file,
            mapping=read_mapping(FIXTURES / "mappings" / f"{mapping}.toml"),
        )
        yield name, load(request)
