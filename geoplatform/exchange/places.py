"""What a mapping states of its data: the source, the municipality, the licence. Made when missing."""

from typing import Any

from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.models import Feature, Licensing, Source
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.mapping import MunicipalityInfo, Place, SourceInfo


def ensure_source(info: SourceInfo) -> Source:
    """The source of that name, with title, licence and date as the mapping says now."""
    stated = {
        "title": info.title,
        "publisher": info.publisher,
        "url": info.url,
        "licence": info.licence,
        "attribution": info.attribution,
        "as_of": info.as_of,
    }
    source, created = Source.objects.get_or_create(name=info.name, defaults=stated)
    if not created and any(getattr(source, name) != value for name, value in stated.items()):
        for name, value in stated.items():
            setattr(source, name, value)
        source.save()
    return source


def ensure_municipality(info: MunicipalityInfo, source: Source) -> Feature:
    """The municipality of that key, made when missing: the union of its quarters is its outline then."""
    layer = registry.by_role("municipality")
    model: Any = layer.model
    # Without its outline: nobody asks for that here, and it is large.
    found = model.objects.filter(ags=info.ags).defer(layer.geometry).first()
    if found is None:
        found = model.objects.create(
            ags=info.ags,
            name=info.name,
            metric_srid=info.metric_srid,
            quarter_kind=info.quarter_kind,
            source=source,
            licence=source.licence,
        )
    return found


def ensure_places(
    place: Place | None, source: Source
) -> dict[str | None, tuple[Feature, MunicipalityInfo]]:
    """Municipalities by the value that names them in the file (None: the whole file)."""
    if place is None:
        return {}
    return {
        value: (ensure_municipality(info, source), info) for value, info in place.values.items()
    }


def ensure_licence(model: type[Feature], municipality: Feature, licence: str) -> None:
    """The one licence of a table in a municipality. Raises LoadError when the file comes under another one."""
    kept, _created = Licensing.objects.get_or_create(
        table=model._meta.db_table, municipality_id=municipality.pk, defaults={"licence": licence}
    )
    if kept.licence != licence:
        raise LoadError(
            _(
                "%(what)s in %(where)s stand under %(kept)s, the file under %(new)s: licences are never mixed."
            )
            % {
                "what": model._meta.verbose_name_plural,
                "where": municipality,
                "kept": kept.get_licence_display(),
                "new": Licensing(licence=licence).get_licence_display(),
            }
        )
