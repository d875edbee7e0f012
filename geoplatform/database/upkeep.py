"""`Upkeep`: what the database keeps true about a feature table, as a constraint that `makemigrations` sees.

A change of the declaration (a field, a derived column, a role) changes this constraint; the generated migration then
replaces the triggers. So a new layer needs no SQL of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models.constraints import BaseConstraint

from geoplatform.database import triggers

# (derived column, own column, foreign key column, related table, related column)
InheritedColumn = tuple[str, str, str, str, str]
# (counted column, table of the rows, their foreign key column, condition on them as SQL)
Counting = tuple[str, str, str, str]

# Raise it when the SQL that upkeep installs has changed: `makemigrations` then writes the migration that replaces it.
REVISION = 2


class Upkeep(BaseConstraint):
    """Numbers, versions, history, derived columns and the drawing geometry of one table.

    geometry, geometry_type  the stored column and its kind, None without geometry
    versioned                columns whose change makes a version, in table order
    inherited                columns that follow a related row unless the feature has a value of its own
    counted                  columns that say how many rows refer to the feature
    territory                whether municipality and quarter are assigned by place
    texts                    columns of free text, whose old values may be redacted (database/redaction.py)
    references               (foreign key column, table) of the keys without a constraint, which upkeep keeps instead
    role, role_tables        "quarter" or "municipality", and the tables (municipality, quarter)
    layers                   names of the layers that show rows of this table
    shown_elsewhere          whether layers of other tables show something of this one's rows
    pyramid                  what the pyramids of its point layers know (database/points.py): `values` and `layers`
    shows                    tables without upkeep of their own whose rows the features show
    names                    columns of the names that features are searched by
    revision                 of the SQL that is installed
    """

    def __init__(
        self,
        *,
        name: str,
        versioned: Sequence[str],
        geometry: str | None = None,
        geometry_type: str | None = None,
        inherited: Sequence[InheritedColumn] = (),
        counted: Sequence[Counting] = (),
        territory: bool = False,
        texts: Sequence[str] = (),
        references: Sequence[tuple[str, str]] = (),
        role: str | None = None,
        role_tables: Sequence[str] = (),
        layers: Sequence[str] = (),
        shown_elsewhere: bool = False,
        pyramid: Mapping[str, Any] | None = None,
        shows: Sequence[str] = (),
        names: Sequence[str] = (),
        revision: int = REVISION,
    ) -> None:
        super().__init__(name=name)
        self.versioned = tuple(versioned)
        self.geometry = geometry
        self.geometry_type = geometry_type
        self.inherited = tuple(tuple(each) for each in inherited)
        self.counted = tuple((a, b, c, d) for a, b, c, d in counted)
        self.territory = territory
        self.texts = tuple(texts)
        self.references = tuple((column, table) for column, table in references)
        self.role = role
        self.role_tables = tuple(role_tables)
        self.layers = tuple(layers)
        self.shown_elsewhere = shown_elsewhere
        self.pyramid = dict(pyramid or {})
        self.shows = tuple(shows)
        self.names = tuple(names)
        self.revision = revision

    def related_keys(self) -> dict[str, str]:
        """Foreign key column -> related table, for the columns that are inherited."""
        return {each[2]: each[3] for each in self.inherited}

    def derived_columns(self) -> list[str]:
        territory = ["municipality_id", "quarter_id"] if self.territory else []
        return territory + [each[0] for each in (*self.inherited, *self.counted)]

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Triggers are no part of CREATE TABLE: they follow at the end of the migration."""
        schema_editor.deferred_sql.append(triggers.create(model._meta.db_table, self))

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        return triggers.create(model._meta.db_table, self)

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        return triggers.remove(model._meta.db_table, self)

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to say before the database does."""

    def _arguments(self) -> dict[str, Any]:
        arguments = {
            "versioned": self.versioned,
            "geometry": self.geometry,
            "geometry_type": self.geometry_type,
            "inherited": self.inherited,
            "counted": self.counted,
            "territory": self.territory,
            "texts": self.texts,
            "references": self.references,
            "role": self.role,
            "role_tables": self.role_tables,
            "layers": self.layers,
            "shown_elsewhere": self.shown_elsewhere,
            "pyramid": self.pyramid,
            "shows": self.shows,
            "names": self.names,
            "revision": self.revision,
        }
        return {name: value for name, value in arguments.items() if value}

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        return f"{type(self).__module__}.Upkeep", (), {"name": self.name, **self._arguments()}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Upkeep):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)
