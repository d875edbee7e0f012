"""One admin page per model of the registry; history is kept by the database, so no path escapes it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.contrib.auth import get_permission_codename
from django.contrib.gis import forms
from django.contrib.gis.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from geoplatform.backoffice import people as people  # its pages are registered by it
from geoplatform.catalog import registry
from geoplatform.catalog.derived import derived_fields
from geoplatform.catalog.models import Feature, Licensing, Source
from geoplatform.contributions.access import may_edit
from geoplatform.contributions.models import Zone
from geoplatform.history.services import changeset

KEPT = ("fid", "version", "created", "changed")
TERRITORY = ("municipality", "quarter")


class GeometryText(forms.BaseGeometryWidget):
    """A geometry as text (WKT, EPSG:4326): Django's own map would be loaded from another host."""

    template_name = "django/forms/widgets/textarea.html"
    supports_3d = False

    def serialize(self, value: Any) -> str:
        return value.wkt if value else ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        text = value if isinstance(value, str) else self.serialize(value)
        return {
            "widget": {
                "name": name,
                "value": text,
                "attrs": {**(attrs or {}), "rows": 4, "cols": 80},
            }
        }


class ByRole(admin.ModelAdmin):
    """Besides Django's own permissions, a staff role opens the rows of its municipality and layer."""

    def _rows(self, request: HttpRequest) -> Q | None:
        """Which rows are open; None: none. Asked once a request."""
        known: dict[Any, Q | None] = request.__dict__.setdefault("_rows_by_role", {})
        if self.model not in known:
            known[self.model] = may_edit(request.user, self.model)
        return known[self.model]

    def _allowed(self, request: HttpRequest, action: str, obj: Any) -> bool:
        name = get_permission_codename(action, self.opts)
        if request.user.has_perm(f"{self.opts.app_label}.{name}"):
            return True
        rows = self._rows(request)
        if rows is None:
            return False
        return obj is None or self.model._default_manager.filter(rows, pk=obj.pk).exists()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "view", obj) or self._allowed(request, "change", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._allowed(request, "add", None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "delete", obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or self._rows(request) is not None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request)
        name = get_permission_codename("view", self.opts)
        if request.user.has_perm(f"{self.opts.app_label}.{name}"):
            return found
        rows = self._rows(request)
        return found.none() if rows is None else found.filter(rows)


class FeatureAdmin(ByRole):
    """Shows and edits what the declaration names."""

    formfield_overrides = {models.GeometryField: {"widget": GeometryText}}
    list_filter = ("status",)
    show_full_result_count = False

    list_display = ("__str__", "status", "changed", "version")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What the database keeps; a quarter alone states its municipality itself."""
        options = self.model._meta
        names = {field.name for field in options.local_concrete_fields}
        kept = [*KEPT, *derived_fields(self.model)]
        kept += [n for n in TERRITORY if n in names and not options.get_field(n).editable]
        return [name for name in kept if name in names]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        kept = self.get_readonly_fields(request, obj)
        names = [
            field.name
            for field in self.model._meta.local_concrete_fields
            # A mask says nothing to people that its season does not.
            if not isinstance(field, models.GeneratedField)
        ]
        return [name for name in names if name not in (*kept, "id", "source_key")] + kept

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A related feature is named by its key: a list of all of them could be a city long."""
        if issubclass(db_field.related_model, Feature):
            kwargs["widget"] = ForeignKeyRawIdWidget(db_field.remote_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Feature, form: Any, change: bool) -> None:
        with changeset(
            actor=f"user:{request.user.pk}", channel="admin", reason="edited in the admin"
        ):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Feature) -> None:
        with changeset(
            actor=f"user:{request.user.pk}", channel="admin", reason="deleted in the admin"
        ):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        with changeset(
            actor=f"user:{request.user.pk}", channel="admin", reason="deleted in the admin"
        ):
            super().delete_queryset(request, queryset)


admin.site.site_header = admin.site.site_title = settings.PLATFORM_NAME or _("Open green map")
for each, _layer in registry.models():
    admin.site.register(each, FeatureAdmin)


@admin.register(Zone)
class ZoneAdmin(admin.ModelAdmin):
    """Where contributions are looked at before they stand on the map."""

    formfield_overrides = {models.GeometryField: {"widget": GeometryText}}
    list_display = ("name", "reviews_new", "reviews_changes", "until")


admin.site.register(Source)
admin.site.register(Licensing)
