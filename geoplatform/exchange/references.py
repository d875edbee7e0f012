"""Values of a file that name rows of another table: species, gardens.

A row is named by the related model's `reference` field, or by another that the mapping names (`by`). A model that can
make a row from its name alone has a classmethod `from_reference(name, **known)`; missing rows are then created unless
the load is strict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from geoplatform.catalog.models import Feature, Source
from geoplatform.exchange.mapping import FieldRule
from geoplatform.exchange.values import Column, Fault, as_text, blank, by_distinct, mapped, spread


class References:
    """Finds the rows that one foreign key of a load names, each asked for once."""

    def __init__(
        self, field: models.ForeignKey[Any, Any], rule: FieldRule, source: Source, *, strict: bool
    ) -> None:
        self.field, self.rule, self.source = field, rule, source
        self.related: type[Feature] = field.related_model  # type: ignore[assignment]
        self.by = rule.by or self.related.reference
        self.make = None if strict or rule.by else getattr(self.related, "from_reference", None)
        self.known: dict[str, Any] = {}
        self.several: set[str] = set()
        self.created = 0

    def column(self, table: pa.Table, texts: pa.Array) -> Column:
        """The ids of the named rows. `texts` names them; `table` has the columns of the rule's `also`."""
        names, indices = by_distinct(texts, lambda text: _name(text, self.rule))
        wanted = {name for name in names if name is not None} - self.known.keys()
        self._find(wanted)
        missing = wanted - self.known.keys()
        if missing and self.make:
            self._create(self._known_of(missing, names, indices, table, texts))
        return spread([self._id(name) for name in names], indices)

    def _id(self, name: str | None) -> Any:
        if name is None:
            return blank(self.field)
        if name in self.known:
            return self.known[name]
        why = (
            _("%(field)s: several are called %(value)s")
            if name in self.several
            else _("%(field)s: unknown: %(value)s")
        )
        return Fault(why % {"field": self.field.name, "value": name})

    def _find(self, names: set[str]) -> None:
        rows = self.related._default_manager.all()
        if self.related.reference == "source_key":
            rows = rows.filter(source=self.source)  # keys are unique within their source only
        if names:
            found = rows.filter(**{f"{self.by}__in": list(names)}).values_list(self.by, "pk")
            for name, key in found:
                if name in self.known:
                    self.several.add(name)
                self.known[name] = key
            for name in self.several:
                self.known.pop(name, None)

    def _known_of(
        self,
        missing: set[str],
        names: list[str | None],
        indices: np.ndarray,
        table: pa.Table,
        texts: pa.Array,
    ) -> dict[str, dict[str, str]]:
        """What the file says of each missing row, taken from the first row that names it and nothing besides."""
        also = {name: as_text(table[column]) for name, column in self.rule.also.items()}
        known: dict[str, dict[str, str]] = {name: {} for name in missing}
        numbers, first = np.unique(indices, return_index=True)
        for number, row in zip(numbers, first, strict=True):
            name = names[number]
            # A row that says more than the name (a cultivar) describes that, not the species.
            if name in known and not known[name] and texts[int(row)].as_py() == name:
                values = {key: column[int(row)].as_py() for key, column in also.items()}
                known[name] = {key: value for key, value in values.items() if value}
        return known

    def _create(self, rows: Mapping[str, Mapping[str, str]]) -> None:
        assert self.make is not None
        made = []
        for name, known in sorted(rows.items()):
            row = self.make(name, **known)
            row.source, row.licence = self.source, self.source.licence
            try:
                row.clean_fields(exclude={"source"})  # it would be looked up for each row anew
            except ValidationError:
                continue  # too long to be a name; its rows are reported
            made.append(row)
        self.related._default_manager.bulk_create(made)
        self.created += len(made)
        self.known |= {getattr(row, self.related.reference): row.pk for row in made}


def _name(text: str | None, rule: FieldRule) -> str | None:
    value = mapped(text, rule)
    if value in (None, ""):
        value = rule.default
    return None if value in (None, "") else str(value)
