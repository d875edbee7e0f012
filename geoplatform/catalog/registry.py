"""The layers of this installation. The one place where `layers/` and `geoplatform/` meet."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature

_layers: dict[str, Layer] = {}


def collect(package: str) -> None:
    """Import every module of `package` and register the `layer` or `layers` it declares: a new layer is one new file.

    Called while Django loads the package's models.
    """
    modules = sorted(m.name for m in iter_modules(import_module(package).__path__) if not m.ispkg)
    for name in modules:
        if name in {"models", "apps"}:
            continue
        module = import_module(f"{package}.{name}")
        for layer in (
            *getattr(module, "layers", ()),
            *filter(None, [getattr(module, "layer", None)]),
        ):
            register(layer)


def register(layer: Layer) -> None:
    """Add a layer. Raises ValueError when its name is taken by another one."""
    if _layers.setdefault(layer.name, layer) is not layer:
        raise ValueError(f"two layers are called {layer.name!r}")


def declared() -> list[Layer]:
    """All layers as they were declared, sound or not."""
    return list(_layers.values())


def layers() -> list[Layer]:
    """All layers in drawing order: polygons beneath lines beneath points, what is seen from afar beneath the rest.

    Of those alike, the one declared first lies beneath: files by name, layers of a file in their order.
    """
    return sorted(_layers.values(), key=lambda each: (-each.dimension, each.zooms[0]))


def map_layers() -> list[Layer]:
    """The layers that stand somewhere, in drawing order."""
    return [each for each in layers() if each.geometry]


def listed() -> list[Layer]:
    """All layers as people read them: what lies on top of the map first; what stands nowhere last."""
    return [*reversed(map_layers()), *(each for each in layers() if not each.geometry)]


def addable() -> list[Layer]:
    """The layers that people may enter something into, what lies on top first."""
    return [each for each in reversed(map_layers()) if each.editable]


def get(name: str) -> Layer | None:
    return _layers.get(name)


def by_role(role: str) -> Layer:
    """The layer that plays a role ("municipality", "quarter", "species"). Raises LookupError."""
    for layer in _layers.values():
        if layer.role == role:
            return layer
    raise LookupError(f"no layer declares role={role!r}")


def models() -> Iterator[tuple[type[Feature], Layer]]:
    """Each model once, with the first layer that is declared on it."""
    seen: set[type[Feature]] = set()
    for layer in _layers.values():
        if layer.model not in seen:
            seen.add(layer.model)
            yield layer.model, layer
