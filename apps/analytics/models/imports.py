"""History that is taken in from another system."""

from __future__ import annotations

import secrets
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import ImportKind, ImportState
from apps.analytics.models.site import Site
from apps.core.models import TenantModel


def stored_name(_row: Any, _name: str) -> str:
    """Where an upload lies: a random name that says nothing."""
    return str(PurePath("imports") / secrets.token_hex(16))


class Import(TenantModel):
    """One file of a site's past, from the upload to the last row, and back.

    One that is fetched comes from a `connection`, and `source` says what was asked for, how far it is, and what the
    other side said of how it counted; its file grows to `size` meanwhile. So does one that is uploaded in pieces, up to
    the `expected` bytes; of it `source` says when the file was last changed.

    `line` is how many rows have been dealt with: it moves in the transaction that stores what they hold, so that an
    import that is killed goes on where it was. `stamp` (milliseconds) marks its events in the store. `limits` are what
    was decided when it was started: the first and last instant taken, days that had figures already, and while it runs
    the secret its visitor marks are made with. `buckets` are the days it wrote figures of.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="imports")
    connection = models.ForeignKey(
        "core.Connection", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    source = models.JSONField(default=dict)
    kind = models.CharField(_("kind"), max_length=10, choices=ImportKind)
    state = models.CharField(_("state"), max_length=10, choices=ImportState, default=ImportState.CHECKING)
    name = models.CharField(_("file"), max_length=200)
    file = models.FileField(upload_to=stored_name, blank=True)
    size = models.BigIntegerField(default=0)
    expected = models.BigIntegerField(default=0, db_default=0)
    preview = models.JSONField(default=dict)
    line = models.BigIntegerField(default=0)
    taken = models.BigIntegerField(default=0)
    broken = models.BigIntegerField(default=0)
    left = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    limits = models.JSONField(default=dict)
    buckets = models.JSONField(default=list)
    stamp = models.BigIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site"], name="import_one_at_a_time",
                condition=models.Q(state__in=["running", "stopping", "undoing"]),
            ),
        ]
        indexes = [models.Index(fields=["site", "-id"], name="import_by_site")]

    def __str__(self) -> str:
        return self.name
