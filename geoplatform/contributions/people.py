"""Stop a contributor for a while, and let them start again."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.contributions.errors import NotAllowed, NotThere
from geoplatform.contributions.models import Block, Contributor
from geoplatform.contributions.who import Author


def block(*, contributor: int, until: dt.datetime, reviewer: Author, reason: str) -> Contributor:
    """Nothing is taken from this contributor before `until`; trust is counted anew from then on.

    What they have waiting goes on waiting: it is decided like any other. Raises NotThere, NotAllowed, ValidationError.
    """
    if until <= timezone.now():
        raise ValidationError({"until": [_("Please give a time that is still to come.")]})
    return _set(contributor, reviewer, reason, until)


def unblock(*, contributor: int, reviewer: Author, reason: str) -> Contributor:
    """Take them back at once; trust is counted anew. Raises NotThere, NotAllowed."""
    return _set(contributor, reviewer, reason, None)


def _set(contributor: int, reviewer: Author, reason: str, until: dt.datetime | None) -> Contributor:
    if not reason.strip():
        raise ValidationError({"reason": [_("Please say why.")]})
    _must_review_somewhere(reviewer)
    with transaction.atomic():
        found = Contributor.objects.select_for_update().filter(pk=contributor).first()
        if found is None:
            raise NotThere(_("There is no such contributor."))
        if reviewer.contributor and reviewer.contributor.pk == found.pk:
            raise NotAllowed(_("You cannot do this to yourself."))
        found.blocked_until = until
        found.block_reason = reason.strip()[:2000] if until else ""
        found.accepted = found.rejected = 0
        found.counted_from = until or timezone.now()
        found.save(
            update_fields=["blocked_until", "block_reason", "accepted", "rejected", "counted_from"]
        )
        Block.objects.create(
            contributor=found, until=until, reason=reason.strip()[:2000], actor=reviewer.actor
        )
    return found


def _must_review_somewhere(reviewer: Author) -> None:
    """A block holds everywhere: whoever decides about any layer in any municipality may set one."""
    towns = registry.by_role("municipality").model._default_manager.values_list("pk", flat=True)
    places = [None, *towns]
    if not any(reviewer.reviews(layer, place) for layer in registry.layers() for place in places):
        raise NotAllowed(_("You do not decide about contributors."))
