"""The admin's pages about people and the law: roles are given here, tokens ended, texts written."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog import registry
from geoplatform.contributions.roles import AccessToken, Role
from geoplatform.pages.law import current
from geoplatform.pages.models import LawText

# The login of all pages, with passkeys, second factor and limits on tries; Django's own has none of them.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


def _layers() -> list[tuple[str, Any]]:
    named = [(each.name, each.title) for each in registry.layers() if each.editable]
    return [("", _("all layers")), *named]


class RoleForm(forms.ModelForm):
    """Layers to choose from, since they are no table."""

    layer = forms.ChoiceField(label=_("layer"), required=False, choices=_layers)


@admin.register(Role)
class RoleAdmin(admin.ModelAdmin):
    form = RoleForm
    list_display = ("user", "kind", "municipality", "layer", "since")
    list_filter = ("kind", "municipality")
    list_select_related = ("user", "municipality")
    autocomplete_fields = ("user",)

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        """Staff may come into the administration; without a role nothing there is open to them."""
        super().save_model(request, obj, form, change)
        if obj.kind == Role.Kind.STAFF and not obj.user.is_staff:
            obj.user.is_staff = True
            obj.user.save(update_fields=["is_staff"])


@admin.register(AccessToken)
class AccessTokenAdmin(admin.ModelAdmin):
    """To see whose programs come, and to end a token. Making one is its owner's alone."""

    list_display = ("name", "user", "layers", "expires", "revoked", "last_used")
    list_select_related = ("user",)
    readonly_fields = ("user", "name", "layers", "created", "expires", "revoked", "last_used")
    actions = ("end",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("End the chosen tokens"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: Any) -> None:
        queryset.filter(revoked=None).update(revoked=timezone.now())


@admin.register(LawText)
class LawTextAdmin(admin.ModelAdmin):
    """A new version is added; people have agreed to the earlier ones, so these stay as they are."""

    list_display = ("kind", "language", "since", "id")
    list_filter = ("kind", "language")
    ordering = ("-pk",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The current text of `?kind=&language=` to write on from."""
        asked: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        kind, language = asked.get("kind", ""), asked.get("language") or get_language()
        text = current(kind, language) if kind else None
        return {**asked, "language": language, "text": text.text if text else ""}
