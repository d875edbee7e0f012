"""One admin page per model of the registry; history is kept by the database, so no path escapes it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.gis import forms
from django.contrib.gis.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog import registry
from geoplatform.catalog.models import Feature, Licensing, Source
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
        if isinstance(value, str):
            text = value
        else:
            text = self.serialize(value)
        return {"widget": {"name": name, "value": text, "attrs": {**(attrs or {}), "rows": 4, "cols": 80}}}


class FeatureAdmin(admin.ModelAdmin):
    """Shows and edits what the declaration names."""

    formfield_overrides = {models.GeometryField: {"widget": GeometryText}}  # noqa: RUF012
    list_filter = ("status",)
    show_full_result_count = False

    def __init__(self, model: type[Feature], site: admin.AdminSite) -> None:
        fields = model._meta.local_concrete_fields
        names = {field.name for field in fields}
        kept = [
            n
            for n in (*KEPT, *(rule.field for rule in model.derived), *TERRITORY)
            if n in names and not (n in TERRITORY and model._meta.get_field(n).editable)  # a quarter states its own
        ]
        self.list_display = ("__str__", "status", "changed", "version")
        self.raw_id_fields = tuple(f.name for f in fields if f.is_relation and f.name not in kept)
        self.readonly_fields = tuple(kept)
        self.fields = [f.name for f in fields if f.name not in (*kept, "id", "source_key")] + kept
        super().__init__(model, site)

    def save_model(self, request: HttpRequest, obj: Feature, form: Any, change: bool) -> None:
        with changeset(actor=f"user:{request.user.pk}", channel="admin", reason=_("edited in the admin")):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Feature) -> None:
        with changeset(actor=f"user:{request.user.pk}", channel="admin", reason=_("deleted in the admin")):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        with changeset(actor=f"user:{request.user.pk}", channel="admin", reason=_("deleted in the admin")):
            super().delete_queryset(request, queryset)


for each, _layer in registry.models():
    admin.site.register(each, FeatureAdmin)
admin.site.register(Source)
admin.site.register(Licensing)
