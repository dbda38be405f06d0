"""Asking the pipeline to count again, to erase, to take in again what it rejected: it alone writes the event store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.analytics.enums import JobKind
from apps.analytics.models import DeadLetter, Site, StoreJob

register_audit_actions({
    "site.recounted": _("Site's figures counted again"),
    "site.visitor_erased": _("Visitor erased"),
    "site.letters_replayed": _("Rejected events taken in again"),
})


@transaction.atomic
def rollups_rebuild(*, site: Site, actor: Any = None) -> StoreJob:
    """Count a site's figures again from its events, as after a change of the organization's time zone."""
    audit(actor, "site.recounted", site)
    return _asked(JobKind.REBUILD, site.id, {})


@transaction.atomic
def goals_recount(*, site: Site, goals: Iterable[int]) -> StoreJob:
    """Count the past of these goals anew; figures of those that are gone are deleted."""
    return _asked(JobKind.REBUILD, site.id, {"goals": list(goals)})


@transaction.atomic
def visitor_erase(*, site: Site, actor: Any, uid: str = "", visitor: int | None = None) -> StoreJob:
    """Erase everything kept of one visitor, told by the site's own user id or by the stored mark. The log says that
    it was done, not to whom."""
    if not uid and not visitor:
        raise ValueError("a visitor is told by uid or by mark")
    audit(actor, "site.visitor_erased", site)
    return _asked(JobKind.ERASE, site.id, {"uid": uid, "visitor": visitor})


def erasures_of(site: Site, most: int = 5) -> list[StoreJob]:
    """The latest erasures at a site, the newest first; whom they were about is not kept."""
    return list(StoreJob.objects.filter(site_id=site.id, kind=JobKind.ERASE).order_by("-id")[:most])


@transaction.atomic
def letters_replay(*, site: Site, letters: Iterable[int], actor: Any = None) -> StoreJob:
    """Take rejected events of a site in again; those of other sites, and those already replayed, are left out."""
    wanted = DeadLetter.objects.filter(site_id=site.id, id__in=list(letters), replayed_at=None)
    ids = list(wanted.order_by("id").values_list("id", flat=True))
    audit(actor, "site.letters_replayed", site, after={"events": len(ids)})
    return _asked(JobKind.REPLAY, site.id, {"letters": ids})


def import_ask(*, kind: JobKind, site_id: int, import_id: int) -> StoreJob:
    """Have an import taken in, or taken back."""
    return _asked(kind, site_id, {"import": import_id})


def _asked(kind: JobKind, site_id: int, params: dict[str, Any]) -> StoreJob:
    job = StoreJob.objects.create(kind=kind, site_id=site_id, params=params)
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY analytics_jobs")
    return job
