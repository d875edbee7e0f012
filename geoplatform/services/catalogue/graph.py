"""The catalogue as a graph: one dataset for each layer and municipality, and the services that serve them.

DCAT-AP.de 3.0 (https://www.dcat-ap.de/def/dcatde/3.0/spec/), with DCAT-AP's annex for high-value datasets where a layer
counts among them and its licence is as open as the regulation demands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from rdflib import RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDFS, SKOS
from rdflib.term import Node

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.catalog.models import Source
from geoplatform.catalog.themes import HighValue, Theme
from geoplatform.formats.about import LICENCE_ADDRESSES
from geoplatform.formats.snapshots import Snapshot, snapshots
from geoplatform.formats.writers import WRITERS, Format
from geoplatform.pages.place import platform_name
from geoplatform.query.figures import Holding, holdings
from geoplatform.services.catalogue.services import HVD_LEGISLATION, SERVICES, Service

ADMS = Namespace("http://www.w3.org/ns/adms#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
DCATDE = Namespace("http://dcat-ap.de/def/dcatde/")
GEO = Namespace("http://www.opengis.net/ont/geosparql#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
PREFIXES = {
    "adms": ADMS,
    "dcat": DCAT,
    "dcatap": DCATAP,
    "dcatde": DCATDE,
    "dct": DCTERMS,
    "foaf": FOAF,
    "geo": GEO,
    "rdfs": RDFS,
    "skos": SKOS,
    "spdx": SPDX,
    "vcard": VCARD,
    "xsd": XSD,
}
# What each property leads to: the profile asks for the class, and harvesters do not fetch the vocabularies to learn it.
CLASSES: dict[Node, Node] = {
    DCATAP.applicableLegislation: URIRef("http://data.europa.eu/eli/ontology#LegalResource"),
    DCATAP.availability: SKOS.Concept,
    DCATAP.hvdCategory: SKOS.Concept,
    DCAT.landingPage: FOAF.Document,
    DCAT.mediaType: DCTERMS.MediaType,
    DCAT.theme: SKOS.Concept,
    DCAT.themeTaxonomy: SKOS.ConceptScheme,
    DCTERMS.accessRights: DCTERMS.RightsStatement,
    DCTERMS.accrualPeriodicity: DCTERMS.Frequency,
    DCTERMS.conformsTo: DCTERMS.Standard,
    DCTERMS["format"]: DCTERMS.MediaTypeOrExtent,
    DCTERMS.language: DCTERMS.LinguisticSystem,
    DCTERMS.license: DCTERMS.LicenseDocument,
    DCTERMS.provenance: DCTERMS.ProvenanceStatement,
    DCTERMS.spatial: DCTERMS.Location,
    DCTERMS.temporal: DCTERMS.PeriodOfTime,
    FOAF.homepage: FOAF.Document,
    FOAF.page: FOAF.Document,
    SPDX.algorithm: SPDX.ChecksumAlgorithm,
}
EU = "http://publications.europa.eu/resource/authority/"
STABLE = URIRef(f"{EU}planned-availability/STABLE")
GEOCODING = "http://dcat-ap.de/def/politicalGeocoding/"
# Of these alone there is a name in Europe's list of file types; the others are known by their media type.
FILE_TYPES = {"geojson": "GEOJSON", "csv": "CSV", "gpkg": "GPKG", "parquet": "PARQUET"}
# As open as Implementing Regulation (EU) 2023/138 demands: CC BY 4.0 or any less restrictive open licence.
OPEN_ENOUGH = {Licence.CC0, Licence.CC_BY_4, Licence.DL_ZERO, Licence.DL_BY}
# What DCAT-AP.de's list of licences has another name for.
LISTED_AS = {Licence.CC_BY_3_AT: "other-open"}


def catalogue_graph(base: str) -> Graph:
    """The catalogue of a platform whose addresses begin with `base` (https://host, without a slash)."""
    graph = Graph()
    for prefix, space in PREFIXES.items():
        graph.bind(prefix, space, override=True)
    _Catalogue(graph, base).write()
    return graph


class _Catalogue:
    """Writes one graph. All addresses in it lead to something: a dataset's to its layer's page."""

    def __init__(self, graph: Graph, base: str) -> None:
        self.graph, self.base = graph, base
        towns = registry.by_role("municipality").rows().values_list("ags", "name")
        self.towns: dict[str, str] = dict(towns.order_by("ags"))
        self.sources = {each.pk: each for each in Source.objects.all()}
        self.snapshots: dict[tuple[str, str], list[Snapshot]] = {}
        for each in snapshots():
            self.snapshots.setdefault((each.layer, each.part), []).append(each)
        self.publisher = URIRef(f"{base}/#publisher")
        self.contact = URIRef(f"{base}/#contact")
        self.root = URIRef(f"{base}/#catalogue")

    def write(self) -> None:
        self._parties()
        self._root()
        served: dict[Service, list[URIRef]] = {each: [] for each in SERVICES}
        valuable: dict[Service, set[str]] = {each: set() for each in SERVICES}
        for layer in registry.layers():
            for holding in holdings(layer):
                dataset = self._dataset(layer, holding)
                for service in SERVICES:
                    if service.serves(layer):
                        served[service].append(dataset)
                        if _is_valuable(layer, holding) and layer.high_value:
                            valuable[service].add(layer.high_value.value)
        for service, datasets in served.items():
            if datasets:
                self._service(service, datasets, valuable[service])
        for _subject, name, value in list(self.graph):
            if name in CLASSES:
                self._add(value, RDF.type, CLASSES[name])

    def _parties(self) -> None:
        name = settings.CONTACT_ORGANISATION or ", ".join(self.towns.values()) or platform_name()
        self._add(self.publisher, RDF.type, FOAF.Agent, FOAF.Organization)
        self._add(self.publisher, FOAF.name, Literal(name))
        self._add(self.contact, RDF.type, VCARD.Organization, VCARD.Kind)
        self._add(self.contact, VCARD.fn, Literal(name))
        self._add(self.contact, VCARD.hasURL, URIRef(f"{self.base}/"))
        if settings.CONTACT_EMAIL:
            self._add(self.contact, VCARD.hasEmail, URIRef(f"mailto:{settings.CONTACT_EMAIL}"))
        if settings.CONTACT_PHONE:
            number = "".join(each for each in settings.CONTACT_PHONE if each in "+0123456789")
            self._add(self.contact, VCARD.hasTelephone, URIRef(f"tel:{number}"))

    def _root(self) -> None:
        self._add(self.root, RDF.type, DCAT.Catalog)
        self._texts(self.root, DCTERMS.title, lambda: platform_name() or _("Open green map"))
        self._texts(
            self.root,
            DCTERMS.description,
            lambda: _("Trees, fruit, gardens and green spaces, kept by citizens and the city."),
        )
        self._add(self.root, DCTERMS.publisher, self.publisher)
        self._add(self.root, DCAT.contactPoint, self.contact)
        self._add(self.root, FOAF.homepage, URIRef(f"{self.base}/"))
        themes = URIRef(f"{EU}data-theme")
        self._add(self.root, DCAT.themeTaxonomy, themes)
        self._add(themes, DCTERMS.title, Literal("Data theme", lang="en"))
        self._add(STABLE, SKOS.prefLabel, Literal("stable", lang="en"))
        self._languages(self.root)
        for ags in self.towns:
            self._place(self.root, ags)

    def _dataset(self, layer: Layer, holding: Holding) -> URIRef:
        page = URIRef(f"{self.base}/api/collections/{layer.name}")
        dataset = URIRef(f"{page}#{holding.part}")
        town = self.towns.get(holding.municipality or "", "")
        add = self._add
        add(self.root, DCAT.dataset, dataset)
        add(dataset, RDF.type, DCAT.Dataset)
        self._texts(
            dataset, DCTERMS.title, lambda: f"{layer.title} – {town}" if town else str(layer.title)
        )
        self._texts(dataset, DCTERMS.description, lambda: str(layer.description or layer.title))
        self._texts(dataset, DCAT.keyword, lambda: str(layer.title))
        add(dataset, DCTERMS.identifier, Literal(str(dataset)))
        add(dataset, DCTERMS.publisher, self.publisher)
        add(dataset, DCAT.contactPoint, self.contact)
        add(dataset, DCAT.landingPage, page)
        theme = URIRef(f"{EU}data-theme/{layer.theme.value}")
        add(dataset, DCAT.theme, theme)
        add(theme, SKOS.prefLabel, _label(layer.theme))
        add(dataset, DCTERMS.accessRights, URIRef(f"{EU}access-right/PUBLIC"))
        add(dataset, DCTERMS.accrualPeriodicity, URIRef(f"{EU}frequency/UPDATE_CONT"))
        self._languages(dataset)
        add(dataset, DCTERMS.issued, Literal(holding.first.date(), datatype=XSD.date))
        add(dataset, DCTERMS.modified, Literal(holding.changed))
        if settings.DCAT_CONTRIBUTOR:
            add(dataset, DCATDE.contributorID, URIRef(settings.DCAT_CONTRIBUTOR))
        if town:
            add(dataset, DCAT.keyword, Literal(town, lang="de"))
        self._value(dataset, layer, holding)
        self._coverage(dataset, holding)
        self._provenance(dataset, holding)
        for subject in self._distributions(dataset, layer, holding):
            add(dataset, DCAT.distribution, subject)
        return dataset

    def _value(self, subject: URIRef, layer: Layer, holding: Holding) -> None:
        if layer.high_value and _is_valuable(layer, holding):
            self._add(subject, DCATAP.applicableLegislation, HVD_LEGISLATION)
            category = URIRef(f"http://data.europa.eu/bna/{layer.high_value.value}")
            self._add(subject, DCATAP.hvdCategory, category)
            self._add(category, SKOS.prefLabel, _label(layer.high_value))

    def _coverage(self, dataset: URIRef, holding: Holding) -> None:
        """Place, and the time since which the platform has known the features and all their changes."""
        if holding.municipality:
            self._place(dataset, holding.municipality)
            level = URIRef(f"{GEOCODING}Level/municipality")
            self._add(dataset, DCATDE.politicalGeocodingLevelURI, level)
        if holding.box:
            west, south, east, north = (f"{each:.6f}" for each in holding.box)
            ring = ", ".join(
                f"{x} {y}"
                for x, y in (
                    (west, south),
                    (east, south),
                    (east, north),
                    (west, north),
                    (west, south),
                )
            )
            location = BNode()
            self._add(dataset, DCTERMS.spatial, location)
            # GeoSPARQL: without a CRS it is CRS84, longitude first.
            wkt = Literal(f"POLYGON(({ring}))", datatype=GEO.wktLiteral)
            self._add(location, DCAT.bbox, wkt)
        period = BNode()
        self._add(dataset, DCTERMS.temporal, period)
        self._add(period, DCAT.startDate, Literal(holding.first.date(), datatype=XSD.date))

    def _place(self, subject: URIRef, ags: str) -> None:
        if ags.isdigit():  # a German municipality: the only ones that the vocabulary has
            place = URIRef(f"{GEOCODING}municipalityKey/{ags}")
            self._add(subject, DCTERMS.spatial, place)

    def _provenance(self, dataset: URIRef, holding: Holding) -> None:
        for source in self._sources(holding):
            statement = BNode()
            told = [source.title, source.publisher, str(source.as_of or "")]
            self._add(dataset, DCTERMS.provenance, statement)
            self._add(statement, RDFS.label, Literal(", ".join(filter(None, told)), lang="de"))

    def _sources(self, holding: Holding) -> list[Source]:
        return [self.sources[each] for each in holding.sources if each in self.sources]

    def _distributions(self, dataset: URIRef, layer: Layer, holding: Holding) -> Iterator[URIRef]:
        """A file in each format, those of former days, and each service as a way to the same data."""
        query = f"?filter={quote(holding.condition)}" if holding.condition else ""
        for form in WRITERS.values():
            subject = URIRef(f"{dataset}-{form.name}")
            self._distribution(subject, layer, holding, form.title)
            self._file(subject, form, f"{self.base}/downloads/{layer.name}.{form.name}{query}")
            yield subject
        for snapshot in self.snapshots.get((layer.name, holding.part), []):
            yield self._snapshot(dataset, layer, holding, snapshot)
        for service in SERVICES:
            if service.serves(layer):
                subject = URIRef(f"{dataset}-{service.name}")
                self._distribution(subject, layer, holding, service.name_for_people)
                self._add(
                    subject, DCAT.accessURL, URIRef(self.base + service.path.format(layer.name))
                )
                self._add(subject, DCAT.accessService, self._name_of(service))
                if service.file_type:
                    kind = URIRef(f"{EU}file-type/{service.file_type}")
                    self._add(subject, DCTERMS["format"], kind)
                yield subject

    def _file(self, subject: URIRef, form: Format, address: str) -> None:
        self._add(subject, DCAT.accessURL, URIRef(address))
        self._add(subject, DCAT.downloadURL, URIRef(address))
        media_type = form.media_type.partition(";")[0]
        media = URIRef(f"http://www.iana.org/assignments/media-types/{media_type}")
        self._add(subject, DCAT.mediaType, media)
        if form.name in FILE_TYPES:
            kind = URIRef(f"{EU}file-type/{FILE_TYPES[form.name]}")
            self._add(subject, DCTERMS["format"], kind)

    def _snapshot(
        self, dataset: URIRef, layer: Layer, holding: Holding, snapshot: Snapshot
    ) -> URIRef:
        """A file that never changes, so that it has a size and a checksum; its licence is that of its day."""
        form = WRITERS[snapshot.format]
        subject = URIRef(f"{dataset}-{snapshot.day}-{snapshot.format}")
        held = replace(holding, licence=snapshot.licence)
        self._distribution(subject, layer, held, f"{form.title}, {snapshot.day}")
        self._file(subject, form, f"{self.base}/downloads/snapshots/{snapshot.file}")
        add = self._add
        add(subject, DCTERMS.issued, Literal(snapshot.day, datatype=XSD.date))
        size = Literal(str(snapshot.bytes), datatype=XSD.nonNegativeInteger)
        add(subject, DCAT.byteSize, size)
        checksum = BNode()
        add(subject, SPDX.checksum, checksum)
        add(checksum, RDF.type, SPDX.Checksum)
        add(checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
        add(checksum, SPDX.checksumValue, Literal(snapshot.sha256, datatype=XSD.hexBinary))
        return subject

    def _distribution(self, subject: URIRef, layer: Layer, holding: Holding, title: str) -> None:
        self._add(subject, RDF.type, DCAT.Distribution)
        self._texts(subject, DCTERMS.title, lambda: f"{layer.title} ({title})")
        listed = LISTED_AS.get(Licence(holding.licence), holding.licence)
        self._add(subject, DCTERMS.license, URIRef(LICENCE_ADDRESSES + listed))
        named = [each.attribution for each in self._sources(holding) if each.attribution]
        if named:
            text = Literal(" · ".join(dict.fromkeys(named)), lang="de")
            self._add(subject, DCATDE.licenseAttributionByText, text)
        self._add(subject, DCATAP.availability, STABLE)
        if _is_valuable(layer, holding):
            self._add(subject, DCATAP.applicableLegislation, HVD_LEGISLATION)

    def _name_of(self, service: Service) -> URIRef:
        return URIRef(f"{self.base}/#{service.name}")

    def _service(self, service: Service, datasets: list[URIRef], categories: set[str]) -> None:
        subject = self._name_of(service)
        add = self._add
        add(self.root, DCAT.service, subject)
        add(subject, RDF.type, DCAT.DataService)
        self._texts(subject, DCTERMS.title, lambda: service.name_for_people)
        self._texts(subject, DCTERMS.description, lambda: str(service.description))
        self._texts(subject, DCAT.keyword, lambda: service.name_for_people)
        add(subject, DCTERMS.publisher, self.publisher)
        add(subject, DCAT.contactPoint, self.contact)
        add(subject, DCAT.endpointURL, URIRef(self.base + service.endpoint))
        add(subject, DCAT.endpointDescription, URIRef(self.base + service.endpoint_description))
        add(subject, DCTERMS.accessRights, URIRef(f"{EU}access-right/PUBLIC"))
        page = URIRef(f"{self.base}/api/")
        add(subject, FOAF.page, page)
        if service.standard:
            add(subject, DCTERMS.conformsTo, URIRef(service.standard))
        for category in sorted(categories):
            add(subject, DCATAP.applicableLegislation, HVD_LEGISLATION)
            add(subject, DCATAP.hvdCategory, URIRef(f"http://data.europa.eu/bna/{category}"))
        for dataset in datasets:
            add(subject, DCAT.servesDataset, dataset)

    def _languages(self, subject: URIRef) -> None:
        for name in ("DEU", "ENG"):
            self._add(subject, DCTERMS.language, URIRef(f"{EU}language/{name}"))

    def _texts(self, subject: URIRef, name: URIRef, text: Callable[[], str]) -> None:
        """A text in each language; `text` says it in the one that is active."""
        for language, _title in settings.LANGUAGES:
            with translation.override(language):
                self._add(subject, name, Literal(text(), lang=language))

    def _add(self, subject: Node, name: Node, *values: Node) -> None:
        for value in values:
            self.graph.add((subject, name, value))


def _label(value: Theme | HighValue) -> Literal:
    return Literal(value.name.capitalize(), lang="en")


def _is_valuable(layer: Layer, holding: Holding) -> bool:
    return layer.high_value is not None and holding.licence in OPEN_ENOUGH
