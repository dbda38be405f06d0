"""Shared links: made, withdrawn, used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import person_of
from apps.accounts.audit import audit, register_audit_actions
from apps.analytics.contracts import SharedLinkChanged
from apps.analytics.enums import SharedPeriod
from apps.analytics.models import SharedLink, Site
from apps.analytics.models.sharing import hashed
from apps.core.outbox import publish

MOST_LINKS = 50
MOST_HOSTS = 20
SHORTEST_PASSWORD = 8
_HOST = re.compile(
    r"(?:\*\.)?(?=.{1,240}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::\d{1,5})?"
)
_NOTED_EVERY = timedelta(minutes=1)
register_audit_actions({
    "shared_link.created": _("Link to a site shared"), "shared_link.revoked": _("Shared link withdrawn"),
})


@transaction.atomic
def shared_link_create(
    *, actor: Any, site: Site, name: str, password: str = "", period: str = SharedPeriod.FREE,
    filters: Iterable[str] = (), may_filter: bool = True, shows_money: bool = False, embed_hosts: Iterable[str] = (),
    expires_at: datetime | None = None,
) -> SharedLink:
    """Make a link. Raises ValidationError at the field that is wrong.

    One with a password cannot be shown in a frame: browsers keep cookies from frames of other sites, so nobody could
    get past the question. `filters` must have been read before (`views.filters.parse`).
    """
    Site.objects.select_for_update().get(pk=site.pk)
    hosts = embed_hosts_of(embed_hosts)
    _check(site, name, password, period, hosts, expires_at)
    link = SharedLink(
        site=site, name=name.strip(), password=make_password(password) if password else "", period=period,
        filters=list(filters), may_filter=may_filter, shows_money=shows_money, embed_hosts=hosts,
        expires_at=expires_at, created_by=person_of(actor),
    )
    link.token_hash = hashed(link.token)
    link.save()
    audit(actor, "shared_link.created", link, after={
        "site": site.name, "name": link.name, "password": bool(password), "embed_hosts": hosts,
        "expires_at": expires_at.isoformat() if expires_at else None,
    })
    publish(SharedLinkChanged(link.organization_id, site.id, link.id, link.name, "created"))
    return link


@transaction.atomic
def shared_link_revoke(*, actor: Any, link: SharedLink) -> None:
    """Withdraw a link: from now on its address leads nowhere. Twice is once."""
    row = SharedLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if row.revoked_at is not None:
        return
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    audit(actor, "shared_link.revoked", row, before={"name": row.name})
    publish(SharedLinkChanged(row.organization_id, row.site_id, row.id, row.name, "revoked"))


def shared_link_seen(link: SharedLink) -> None:
    """Note that it was used, to the minute."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _NOTED_EVERY)
    SharedLink.objects.filter(stale, pk=link.pk).update(last_used_at=now)


def embed_hosts_of(texts: Iterable[str]) -> list[str]:
    """Hosts as a frame's parent is named in a policy: without scheme and path, each once. Raises ValidationError."""
    found: dict[str, None] = {}
    for text in texts:
        host = re.sub(r"^https?://", "", text.strip().lower()).split("/", 1)[0]
        if not host:
            continue
        if not _HOST.fullmatch(host):
            raise ValidationError({"embed_hosts": _("“%(host)s” is not a host such as www.example.com.") % {
                "host": text.strip()[:80]}})
        found[host] = None
    if len(found) > MOST_HOSTS:
        raise ValidationError({"embed_hosts": _("At most %(number)d hosts.") % {"number": MOST_HOSTS}})
    return list(found)


def _check(
    site: Site, name: str, password: str, period: str, hosts: list[str], expires_at: datetime | None
) -> None:
    if not name.strip() or len(name.strip()) > 80:
        raise ValidationError({"name": _("Give the link a name.")})
    if SharedLink.objects.filter(site=site, revoked_at=None).count() >= MOST_LINKS:
        raise ValidationError(_("A site can have at most %(number)d links.") % {"number": MOST_LINKS})
    if period not in SharedPeriod.values:
        raise ValidationError({"period": _("There is no such period.")})
    if password and len(password) < SHORTEST_PASSWORD:
        raise ValidationError({"password": _("Use at least %(number)d characters.") % {"number": SHORTEST_PASSWORD}})
    if password and hosts:
        raise ValidationError({"embed_hosts": _(
            "A link with a password cannot be shown in another page: browsers do not let a frame remember that the "
            "password was typed. Make a second link without one."
        )})
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError({"expires_at": _("Choose a day that is still to come.")})
