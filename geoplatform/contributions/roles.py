"""What accounts may do besides: roles by municipality and layer, and tokens by which programs act for a person.

Read by `access.py` alone; roles are given in the admin, tokens are made by their owner at /accounts/tokens/.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog import registry

# What a token begins with, so that people and scanners for leaked secrets know one when they see it.
PREFIX = "geoplatform_"


def check_layer(name: str) -> None:
    """Validator: a layer of this installation. Asked when it is given, so a new layer needs no migration."""
    if name not in {each.name for each in registry.layers()}:
        raise ValidationError(_("There is no layer of this name: %(name)s"), params={"name": name})


class Role(models.Model):
    """What a person may do, in one municipality or in all, for one layer or for all."""

    class Kind(models.TextChoices):
        REGULAR = "regular", _("regular: trusted from the first day")
        REVIEWER = "reviewer", _("reviewer: decides about proposals")
        STAFF = "staff", _("staff: decides, and edits in the administration")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="roles",
    )
    kind = models.CharField(_("role"), max_length=10, choices=Kind)
    municipality = models.ForeignKey(
        settings.MUNICIPALITY_MODEL,
        verbose_name=_("municipality"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("empty: all of them"),
    )
    layer = models.CharField(
        _("layer"),
        max_length=80,
        blank=True,
        validators=[check_layer],
        help_text=_("name of a layer; empty: all of them"),
    )
    since = models.DateTimeField(_("since"), editable=False, db_default=Now())

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "municipality", "layer"],
                nulls_distinct=False,
                name="each_role_once",
            ),
            models.CheckConstraint(
                name="role_kind", condition=Q(kind__in=["regular", "reviewer", "staff"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.layer or '*'}"


class AccessToken(models.Model):
    """A secret by which a program acts for a person: as Bearer, or as the password of HTTP Basic. Shown once.

    Of 256 random bits we keep the SHA-256 alone: what cannot be guessed needs no slow hash.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="access_tokens",
    )
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    layers = models.JSONField(
        _("layers"), default=list, blank=True, help_text=_("names of layers; empty: all of them")
    )
    created = models.DateTimeField(_("made on"), editable=False, db_default=Now())
    expires = models.DateField(_("valid until"), null=True, blank=True)
    revoked = models.DateTimeField(_("revoked on"), null=True, blank=True)
    last_used = models.DateField(_("last used on"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")

    def __str__(self) -> str:
        return self.name

    @property
    def is_valid(self) -> bool:
        return self.revoked is None and (
            self.expires is None or self.expires >= timezone.localdate()
        )


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def make_token(
    *, user: User, name: str, layers: list[str], expires: dt.date | None
) -> tuple[AccessToken, str]:
    """A new token, and its text, which nobody can read again. Raises ValidationError for wrong names or layers."""
    text = PREFIX + secrets.token_urlsafe(32)
    token = AccessToken(
        user=user, name=name, layers=sorted(set(layers)), expires=expires, digest=digest_of(text)
    )
    for each in token.layers:
        check_layer(each)
    token.full_clean()
    token.save()
    return token, text


def revoke(token: AccessToken) -> None:
    """It ends at once and for good; the row stays until the retention job, so that its owner sees that it ended."""
    if token.revoked is None:
        token.revoked = timezone.now()
        token.save(update_fields=["revoked"])
