"""Sites: added, changed, paused, archived, deleted, and handed to the people who look after them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from guardian.shortcuts import assign_perm, remove_perm

from apps.accounts.audit import audit, register_audit_actions
from apps.analytics.contracts import SiteChanged, SiteCreated, SiteDeleted, SiteSettings
from apps.analytics.enrichment.addresses import normal_host
from apps.analytics.enums import SiteStatus
from apps.analytics.models import Destination, Site, SiteSearch
from apps.core.connections.services import connection_remove
from apps.core.models import Connection
from apps.core.outbox import publish

MOST_DOMAINS = 50
register_audit_actions({
    "site.created": _("Site added"),
    "site.changed": _("Site changed"),
    "site.deleted": _("Site deleted"),
    "site.assigned": _("Site assigned to a person"),
    "site.unassigned": _("Site taken from a person"),
})
_CHANGEABLE = {"name", "status", "domains", "cross_domains", "settings"}
_domain = DomainNameValidator()


@transaction.atomic
def site_create(
    *, actor: Any, name: str, domains: Iterable[str], cross_domains: Iterable[str] = (),
    settings: SiteSettings | None = None,
) -> Site:
    """Add a site to the organization in scope; raises ValidationError for a domain that is none."""
    site = Site(
        name=_named(name), domains=hosts_of(domains), cross_domains=hosts_of(cross_domains),
        settings=(settings or SiteSettings()).to_json(),
    )
    site.save()
    audit(actor, "site.created", site, after={"name": site.name, "domains": site.domains})
    publish(SiteCreated(site.organization_id, site.id, site.name))
    return site


@transaction.atomic
def site_update(*, actor: Any, site: Site, **facts: Any) -> Site:
    """Change any of name, status, domains, cross_domains, settings (a SiteSettings). Says so only if one differs."""
    if unknown := set(facts) - _CHANGEABLE:
        raise TypeError(f"a site has no {', '.join(sorted(unknown))} that can be changed")
    site = Site.objects.select_for_update().get(pk=site.pk)
    before, after = {}, {}
    for field, given in facts.items():
        value = _cleaned(field, given)
        if getattr(site, field) != value:
            before[field], after[field] = getattr(site, field), value
            setattr(site, field, value)
    if after:
        site.save(update_fields=[*after, "updated_at"])
        audit(actor, "site.changed", site, before=before, after=after)
        publish(SiteChanged(site.organization_id, site.id, ",".join(sorted(after))))
    return site


def site_pause(*, actor: Any, site: Site) -> Site:
    """Take no more events until it is resumed; what was counted stays."""
    return site_update(actor=actor, site=site, status=SiteStatus.PAUSED)


def site_resume(*, actor: Any, site: Site) -> Site:
    """Take events again, also from the archive."""
    return site_update(actor=actor, site=site, status=SiteStatus.ACTIVE)


def site_archive(*, actor: Any, site: Site) -> Site:
    """Put it out of sight and take no more events; its figures can still be read."""
    return site_update(actor=actor, site=site, status=SiteStatus.ARCHIVED)


@transaction.atomic
def site_delete(*, actor: Any, site: Site, typed_name: str) -> None:
    """Delete a site and everything counted for it. The name must be typed exactly, else ValidationError."""
    if typed_name.strip() != site.name:
        raise ValidationError({"typed_name": _("Type the site's name exactly to delete it.")})
    audit(actor, "site.deleted", site, before={"name": site.name, "domains": site.domains})
    publish(SiteDeleted(site.organization_id, site.id, site.name))
    _accounts_remove(site)
    site.delete()


def _accounts_remove(site: Site) -> None:
    """Accounts elsewhere that serve this site alone: nobody could use them any more, and some are asked regularly."""
    rows = (model.objects.filter(site=site).exclude(connection=None) for model in (Destination, SiteSearch))
    ids = [pk for found in rows for pk in found.values_list("connection_id", flat=True)]
    for connection in Connection.objects.filter(pk__in=ids):
        connection_remove(connection)


@transaction.atomic
def site_assign(*, actor: Any, site: Site, user: Any, may_edit: bool = False) -> None:
    """Let a person whose role reaches only assigned sites see this one, or also change it."""
    for permission in ("view_site", "change_site") if may_edit else ("view_site",):
        assign_perm(f"analytics.{permission}", user, site)
    if not may_edit:
        remove_perm("analytics.change_site", user, site)
    audit(actor, "site.assigned", site, after={"person": str(user), "may_edit": may_edit})


@transaction.atomic
def site_unassign(*, actor: Any, site: Site, user: Any) -> None:
    """Take the site from a person again."""
    for permission in ("view_site", "change_site"):
        remove_perm(f"analytics.{permission}", user, site)
    audit(actor, "site.unassigned", site, before={"person": str(user)})


def hosts_of(typed: Iterable[str]) -> list[str]:
    """Hosts as people type or paste them (with scheme, path, www), tidied, without repeats."""
    found: dict[str, None] = {}
    for text in typed:
        host = text.strip().lower().split("://")[-1].split("/")[0].split("?")[0].split("@")[-1]
        if not host:
            continue
        bare = host.split(":")[0]
        try:
            name = normal_host(bare if bare.isascii() else bare.encode("idna").decode())
            if name not in {"localhost", "127.0.0.1"}:
                _domain(name)
        except (ValidationError, UnicodeError) as error:
            raise ValidationError({"domains": _("“%(text)s” is no domain.") % {"text": text[:100]}}) from error
        found[name] = None
    if len(found) > MOST_DOMAINS:
        raise ValidationError({"domains": _("A site can have at most %(number)d domains.") % {"number": MOST_DOMAINS}})
    return list(found)


def _named(name: str) -> str:
    name = name.strip()
    if not name:
        raise ValidationError({"name": _("Give the site a name.")})
    return name[:120]


def _cleaned(field: str, given: Any) -> Any:
    if field == "name":
        return _named(given)
    if field == "status":
        return SiteStatus(given).value
    if field == "settings":
        return given.to_json()
    return hosts_of(given)
