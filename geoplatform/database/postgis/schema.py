"""Schema changes that upkeep has to follow: Django tells constraints of none of these."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.backends.postgis.schema import PostGISSchemaEditor
from django.contrib.gis.db.models import GeometryField
from django.db.models import Field, Model

from geoplatform.database import triggers
from geoplatform.database.upkeep import Upkeep


def upkeep_of(model: type[Model]) -> Upkeep | None:
    return next((each for each in model._meta.constraints if isinstance(each, Upkeep)), None)


class SchemaEditor(PostGISSchemaEditor):
    def delete_model(self, model: type[Model]) -> None:
        """A table that goes takes its triggers' functions along. Its history stays: nothing is ever lost."""
        upkeep = upkeep_of(model)
        if upkeep:
            self.execute(triggers.remove(model._meta.db_table, upkeep), params=None)
        super().delete_model(model)

    def alter_db_table(self, model: type[Model], old_db_table: str, new_db_table: str) -> None:
        """History and triggers are renamed with their table."""
        upkeep = upkeep_of(model)
        if not upkeep or old_db_table == new_db_table:
            super().alter_db_table(model, old_db_table, new_db_table)
            return
        self.execute(triggers.remove(old_db_table, upkeep), params=None)
        super().alter_db_table(model, old_db_table, new_db_table)
        self.execute(
            f"ALTER TABLE IF EXISTS history.{old_db_table} RENAME TO {new_db_table}", params=None
        )
        self.execute(triggers.create(new_db_table, upkeep), params=None)

    def alter_field(
        self,
        model: type[Model],
        old_field: Field[Any, Any],
        new_field: Field[Any, Any],
        strict: bool = False,
    ) -> None:
        """A renamed column keeps its past; the drawing column stands on its geometry and makes way for it."""
        table = model._meta.db_table
        if upkeep_of(model):
            if isinstance(old_field, GeometryField) and _kind(old_field) != _kind(new_field):
                self.execute(
                    f'ALTER TABLE public.{table} DROP COLUMN IF EXISTS "{old_field.column}_3857"',
                    params=None,
                )
            if old_field.column != new_field.column:
                self.execute(
                    _RENAME_IN_HISTORY.format(
                        table=table, old=old_field.column, new=new_field.column
                    ),
                    params=None,
                )
        super().alter_field(model, old_field, new_field, strict)


def _kind(field: Field[Any, Any]) -> tuple[Any, ...]:
    return getattr(field, "geom_type", None), field.column


_RENAME_IN_HISTORY = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('history.{table}') AND attname = '{old}') THEN
        ALTER TABLE history.{table} RENAME COLUMN "{old}" TO "{new}";
    END IF;
END $$
"""
