"""What people propose, who decided, who they are to us, and where more care is due.

`services.py` alone writes here. A proposal's content never changes after it was sent, and decisions are only added:
the database refuses the rest (database/sql/proposals.sql).
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.licences import Licence
from geoplatform.contributions.roles import AccessToken as AccessToken
from geoplatform.contributions.roles import Role as Role


class Action(models.TextChoices):
    """What a proposal asks for."""

    CREATE = "create", _("add")
    CHANGE = "change", _("change")
    MOVE = "move", _("move")
    DELETE = "delete", _("delete")
    CONFIRM = "confirm", _("confirm")
    REPORT = "report", _("report")


class Kind(models.TextChoices):
    """What a confirmation or a report says."""

    STILL_THERE = "still-there", _("it is still there")
    RIPE = "ripe", _("it is ripe today")
    GONE = "gone", _("it is gone")
    DUPLICATE = "duplicate", _("it is here twice")
    PRIVATE = "private", _("it is private")
    WRONG_PLACE = "wrong-place", _("it stands elsewhere")
    OTHER = "other", _("something else")


CONFIRMATIONS = (Kind.STILL_THERE, Kind.RIPE)
REPORTS = (Kind.GONE, Kind.DUPLICATE, Kind.PRIVATE, Kind.WRONG_PLACE, Kind.OTHER)


class State(models.TextChoices):
    """How far a proposal has come. A draft lives with its author and is not here."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("sent")
    HELD = "held", _("waits for review")
    OPEN = "open", _("waits for confirmation or review")
    CONFIRMED = "confirmed", _("confirmed")
    APPLIED = "applied", _("applied")
    CONFLICT = "conflict", _("in conflict with a later change")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")
    SUPERSEDED = "superseded", _("superseded")


# What still waits for somebody, and is shown at /api/proposals.
WAITING = (State.HELD, State.OPEN, State.CONFLICT)
# From a state to those that may follow it; what is not a key has come to its end.
NEXT: dict[State, tuple[State, ...]] = {
    State.DRAFT: (State.SUBMITTED,),
    State.SUBMITTED: (State.HELD, State.OPEN, State.CONFLICT, State.APPLIED),
    State.HELD: (State.APPLIED, State.CONFLICT, State.REJECTED, State.WITHDRAWN, State.SUPERSEDED),
    State.OPEN: (
        State.CONFIRMED,
        State.APPLIED,
        State.CONFLICT,
        State.REJECTED,
        State.WITHDRAWN,
        State.SUPERSEDED,
    ),
    State.CONFIRMED: (State.APPLIED, State.CONFLICT),
    # Its author takes back what nobody else has agreed with (taking.py).
    State.APPLIED: (State.WITHDRAWN,),
    State.CONFLICT: (State.APPLIED, State.REJECTED, State.WITHDRAWN, State.SUPERSEDED),
}


class Contributor(models.Model):
    """Somebody who contributes: a key that lives in a browser or client, or an account. No personal data.

    The link to a person (`key_hash`, `user`) fades; the row, and what was contributed, stay.
    """

    key_hash = models.CharField(
        _("hash of the key"), max_length=64, unique=True, null=True, blank=True, editable=False
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="contributor",
    )
    since = models.DateTimeField(_("since"), editable=False, db_default=Now())
    last_seen = models.DateField(_("last seen on"), editable=False, db_default=Now())
    # Both since `counted_from`: a block starts them again.
    accepted = models.PositiveIntegerField(_("accepted by others"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    counted_from = models.DateTimeField(_("counted from"), editable=False, db_default=Now())
    blocked_until = models.DateTimeField(_("blocked until"), null=True, blank=True)
    block_reason = models.TextField(_("reason of the block"), blank=True, max_length=2000)

    class Meta:
        verbose_name = _("contributor")
        verbose_name_plural = _("contributors")

    def __str__(self) -> str:
        return self.actor

    @property
    def actor(self) -> str:
        """How changesets and decisions name this contributor."""
        return f"user:{self.user_id}" if self.user_id else f"key:{self.pk}"


class Zone(models.Model):
    """An area where contributions are looked at before they stand on the map: a school, a protected area."""

    name = models.CharField(_("name"), max_length=200)
    why = models.TextField(_("reason, shown to all"), max_length=2000)
    outline = models.MultiPolygonField(_("outline"))
    layers = models.JSONField(
        _("layers"), default=list, blank=True, help_text=_("names of layers; empty: all of them")
    )
    reviews_new = models.BooleanField(_("new features wait for review"), default=True)
    reviews_changes = models.BooleanField(
        _("changes wait for review, also those of trusted contributors"), default=True
    )
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("zone of review")
        verbose_name_plural = _("zones of review")

    def __str__(self) -> str:
        return self.name


class Proposal(models.Model):
    """One thing that somebody asks for. Its id, made by the client, is the Idempotency-Key and a new feature's id.

    What stood there when its author looked is in the history at `base_version`, so it is not stored again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    layer = models.CharField(_("layer"), max_length=80)
    action = models.CharField(_("what is asked"), max_length=10, choices=Action)
    kind = models.CharField(_("what it says"), max_length=20, choices=Kind, blank=True)
    feature = models.UUIDField(_("feature"), db_index=True)
    duplicate_of = models.UUIDField(_("the same as"), null=True, blank=True)
    base_version = models.IntegerField(_("version it starts from"), null=True, blank=True)
    # Names of `Layer.editable` to JSON values; a related row by its reference, as people name it.
    fields = models.JSONField(_("values"), default=dict, blank=True)
    geometry = models.GeometryField(_("geometry"), null=True, blank=True, spatial_index=False)
    reason = models.TextField(_("reason"), blank=True, max_length=2000)
    author = models.ForeignKey(
        Contributor,
        verbose_name=_("author"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="proposals",
        db_index=False,
    )
    channel = models.CharField(_("by which road"), max_length=20)
    licence = models.CharField(_("licence"), max_length=40, choices=Licence)
    consent = models.CharField(_("version of the accepted text"), max_length=40, blank=True)
    fingerprint = models.CharField(_("hash of the body"), max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=State)
    # Why it waits, as names that trust.in_words explains: zone, layer, rate, trust, kind, geometry.
    waits_for = models.CharField(_("why it waits"), max_length=20, blank=True)
    changeset = models.BigIntegerField(_("changeset that applied it"), null=True, blank=True)
    municipality = models.ForeignKey(
        settings.MUNICIPALITY_MODEL,
        verbose_name=_("municipality"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
    )
    quarter = models.ForeignKey(
        settings.QUARTER_MODEL,
        verbose_name=_("quarter"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
    )
    created = models.DateTimeField(_("sent"), editable=False, db_default=Now())
    changed = models.DateTimeField(_("last decided"), editable=False, db_default=Now())

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        indexes = [
            models.Index(fields=["author", "created"], name="proposal_author"),
            # The queue and the overlay look at what waits alone: few among many.
            models.Index(
                fields=["created"],
                name="proposal_waiting",
                condition=Q(state__in=("held", "open", "conflict")),
            ),
        ]
        constraints = [
            models.CheckConstraint(name="proposal_action", condition=Q(action__in=Action.values)),
            models.CheckConstraint(name="proposal_state", condition=Q(state__in=State.values)),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.layer} {self.feature}"


class Decision(models.Model):
    """What a person decided about a proposal. Only ever added."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("confirmed")
        ACCEPT = "accept", _("accepted")
        REJECT = "reject", _("rejected")
        WITHDRAW = "withdraw", _("withdrawn")
        SUPERSEDE = "supersede", _("superseded")
        CONFLICT = "conflict", _("found in conflict")

    proposal = models.ForeignKey(
        Proposal, verbose_name=_("proposal"), on_delete=models.PROTECT, related_name="decisions"
    )
    kind = models.CharField(_("what"), max_length=12, choices=Kind)
    was = models.CharField(_("from"), max_length=12, choices=State)
    became = models.CharField(_("to"), max_length=12, choices=State)
    actor = models.TextField(_("who"))
    reason = models.TextField(_("why"), blank=True, max_length=2000)
    # {"fields": names that were taken, "edited": values that the reviewer gave instead, "seen": version}
    details = models.JSONField(_("details"), default=dict, blank=True)
    changeset = models.BigIntegerField(_("changeset"), null=True, blank=True)
    at = models.DateTimeField(_("when"), editable=False, db_default=Now())

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "actor"],
                condition=Q(kind="confirm"),
                name="confirmed_once_by_each",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.proposal_id}"


class Block(models.Model):
    """That somebody was blocked, or taken back (`until` is null). Only ever added."""

    contributor = models.ForeignKey(
        Contributor, verbose_name=_("contributor"), on_delete=models.PROTECT, related_name="blocks"
    )
    until = models.DateTimeField(_("until"), null=True, blank=True)
    reason = models.TextField(_("why"), max_length=2000)
    actor = models.TextField(_("who"))
    at = models.DateTimeField(_("when"), editable=False, db_default=Now())

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")

    def __str__(self) -> str:
        return f"{self.contributor}: {self.until or '–'}"


class Pepper(models.Model):
    """The secret beside the keys' hashes, where the settings give none. Made once (keys.py)."""

    value = models.CharField(max_length=64)
    created = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return "pepper"
