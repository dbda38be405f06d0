"""Where a site's events are sent on to, what waits to be sent, and what became of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import BreakerState, ConsentRule, DeliveryState, WhenUnsure
from apps.analytics.models.site import Site
from apps.core.models import Connection, TenantModel


class Destination(TenantModel):
    """A site's events at one vendor: which of them, under which names, and how it is going.

    `events` maps our names to the vendor's; "*" stands for every event that is not named, an empty name leaves one
    out. `hold_until` is when it is asked again: the breaker is open, or the vendor has asked to wait.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    is_enabled = models.BooleanField(default=True)
    events = models.JSONField(default=dict, blank=True)
    consent = models.CharField(max_length=10, choices=ConsentRule, default=ConsentRule.NEEDED)
    when_unsure = models.CharField(max_length=10, choices=WhenUnsure, default=WhenUnsure.AGAIN)
    breaker = models.CharField(max_length=10, choices=BreakerState, default=BreakerState.CLOSED)
    failures = models.PositiveIntegerField(default=0)  # requests that failed since the last one that did not
    hold_until = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        abstract = False
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["site", "name"], name="destination_by_site")]

    def __str__(self) -> str:
        return self.name


class Delivery(TenantModel):
    """One event on its way to one destination: the outbox, and for a while the memory of what was sent.

    `payload` is what the vendor gets, personal data hashed already. While it is being sent, `is_leased`, and `next_at`
    is when it counts as abandoned. `is_asked`: a request with it has left, and no answer was read yet; found on a row
    that is taken, it means that whoever sent it was stopped. `is_unsure`: the answer to such a request was lost, so the
    event may have arrived once more than we know; not said of a delivered one that counts once over there. `log` holds
    what failed: moments, statuses and words. `visitor` is the store's mark, so that what is kept of a visitor can be
    erased.
    """

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="+")
    event_id = models.CharField(max_length=160)
    name = models.CharField(max_length=64)
    sent_as = models.CharField(max_length=100)
    at = models.DateTimeField()
    payload = models.JSONField(default=dict)
    visitor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    is_leased = models.BooleanField(default=False)
    is_asked = models.BooleanField(default=False, db_default=False)
    is_unsure = models.BooleanField(default=False, db_default=False)
    next_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    words = models.TextField(blank=True)
    log = models.JSONField(default=list, blank=True)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["destination", "event_id"], name="event_delivery_once")]
        indexes = [
            models.Index(
                fields=["destination", "next_at"], name="event_delivery_due", condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["destination", "state", "-id"], name="event_delivery_listed"),
            models.Index(
                fields=["destination", "-id"], name="event_delivery_unsure", condition=models.Q(is_unsure=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.destination_id}"


class DeliveryMinute(TenantModel):
    """What happened at a destination in one minute. Events, but `requests`, their milliseconds and `took`, which holds
    how many requests took how long (buckets: `apps.analytics.histograms.REQUEST_MS`)."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="+")
    minute = models.DateTimeField()
    sent = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)  # attempts that did not succeed
    retried = models.IntegerField(default=0)  # attempts after the first
    dead = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    requests = models.IntegerField(default=0)
    took_ms = models.BigIntegerField(default=0)
    took = ArrayField(models.IntegerField(), default=list, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["destination", "minute"], name="delivery_minute_once")]
        indexes = [models.Index(fields=["minute"], name="delivery_minute_by_time")]

    def __str__(self) -> str:
        return f"{self.destination_id} {self.minute:%H:%M}"


class VisitorClick(TenantModel):
    """The marks with which an ad network knows a visitor's click, kept for sites that send events on: they stand in the
    address of the first page only, and the purchase comes later."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    visitor = models.BigIntegerField()
    ids = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["site", "visitor"], name="visitor_click_once")]
        indexes = [models.Index(fields=["seen_at"], name="visitor_click_by_age")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.visitor}"
