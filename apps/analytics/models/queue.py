"""What stands between the collector and the store. None of it belongs to a tenant until the pipeline has read it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.analytics.enums import JobKind


class Inbox(models.Model):
    """One accepted request, safe on disk and not yet counted. The pipeline deletes it in the transaction that does.

    `body` is the JSON list of its accepted events, `ip` the sender's address, kept no longer than the row.
    """

    received_at = models.DateTimeField()
    site_id = models.BigIntegerField()
    origin = models.SmallIntegerField(default=0)
    events = models.IntegerField(default=1)
    ip = models.CharField(max_length=45, blank=True)
    ua = models.TextField(blank=True)
    body = models.BinaryField()

    class Meta:
        verbose_name_plural = "inbox"

    def __str__(self) -> str:
        return f"#{self.pk}: {self.events} of site {self.site_id}"


class DeadLetter(models.Model):
    """A request or event the pipeline could not digest, with the reason; can be replayed."""

    site_id = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    received_at = models.DateTimeField()
    origin = models.SmallIntegerField(default=0)
    ua = models.TextField(blank=True)
    raw = models.BinaryField()
    attempts = models.PositiveSmallIntegerField(default=1)
    failed_at = models.DateTimeField(default=timezone.now)
    replayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["site_id", "-failed_at"], name="dead_letter_by_site")]

    def __str__(self) -> str:
        return f"#{self.pk}: {self.reason}"


class PipelineMinute(models.Model):
    """What one process did in one minute: counts, the milliseconds of each stage, and how often a time fell into which
    bucket (`histograms`, by name; `apps.analytics.histograms`)."""

    minute = models.DateTimeField()
    process = models.CharField(max_length=30)
    counts = models.JSONField(default=dict)
    timings = models.JSONField(default=dict)
    histograms = models.JSONField(default=dict, db_default={})

    class Meta:
        constraints = [models.UniqueConstraint(fields=["minute", "process"], name="pipeline_minute_once")]

    def __str__(self) -> str:
        return f"{self.process} {self.minute:%H:%M}"


class DailySalt(models.Model):
    """The secret of a day that cookieless visitor marks are made with. Gone after two days, and the marks with it."""

    day = models.DateField(primary_key=True)
    salt = models.BinaryField()

    def __str__(self) -> str:
        return str(self.day)


class StoreJob(models.Model):
    """A request to the pipeline, which alone writes the store: it does it between two batches."""

    kind = models.CharField(max_length=10, choices=JobKind)
    site_id = models.BigIntegerField()
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="store_job_waiting", condition=models.Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} of site {self.site_id}"
