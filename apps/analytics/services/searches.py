"""Google searches of a site: connecting an account, choosing the property, disconnecting, forgetting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.analytics.models import Site, SiteSearch
from apps.analytics.providers.searches.base import Property, SearchConsole, search_consoles
from apps.analytics.services.search_store import figures_forget
from apps.core import oauth
from apps.core.connections.services import connection_create, connection_remove, connection_update
from apps.core.models import Connection
from apps.core.oauth import OAuthProvider

T = TypeVar("T")
register_audit_actions({
    "search.connected": _("Google searches connected"),
    "search.property_chosen": _("Property of Google searches chosen"),
    "search.disconnected": _("Google searches disconnected"),
    "search.forgotten": _("Figures of Google searches deleted"),
})


@transaction.atomic
def search_connect(*, actor: Any, site: Site, provider: str, values: dict[str, Any] | None = None) -> SiteSearch:
    """A place for the account, to be signed in to and asked for its properties. One that is there already stays.

    `values` answer the vendor's fields; those without an answer take their defaults.
    """
    row, _created = SiteSearch.objects.select_for_update(of=("self",)).get_or_create(
        site=site, defaults={"organization_id": site.organization_id}
    )
    if row.connection is not None:
        return row
    vendor = search_consoles.get(provider)
    answers = {field.name: field.default for field in vendor.fields} | {"domain": (site.domains or [""])[0]}
    account = connection_create(
        kind=search_consoles.kind, provider=provider, name=_name(site), values=answers | (values or {})
    )
    if issubclass(vendor, OAuthProvider):
        Connection.objects.filter(pk=account.pk).update(next_attempt_at=None)  # nothing to ask with before signing in
    row.connection = account
    row.save()
    audit(actor, "search.connected", row, after={"site": site.name, "provider": provider})
    return row


def search_properties(row: SiteSearch) -> list[Property]:
    """What the account sees: properties that fit the site first, those it may not read last. Raises ProviderError."""
    found: list[Property] = asked(_account(row), lambda vendor: vendor.properties())
    domains = row.site.domains
    return sorted(found, key=lambda one: (not one.is_readable, not fits(one.url, domains), one.url))


def asked(connection: Connection, question: Callable[[SearchConsole], T]) -> T:
    """The vendor's answer; a token that is refused although its time is not up is refreshed once. Raises
    ProviderError."""
    oauth.ensure_fresh(connection)
    try:
        return question(search_consoles.open(connection))
    except oauth.TokenRefused:
        oauth.refresh(connection, force=True)
        return question(search_consoles.open(connection))


def fits(url: str, domains: Iterable[str]) -> bool:
    """Whether a property speaks of a site with these domains: of the domain, one above it, or its address."""
    kind, _sep, rest = url.partition(":")
    name = rest if kind == "sc-domain" else rest.strip("/").partition("/")[0]
    name = name.removeprefix("www.").lower()
    mine = [domain.removeprefix("www.").lower() for domain in domains]
    return any(domain == name or (kind == "sc-domain" and domain.endswith(f".{name}")) for domain in mine)


def property_choose(*, actor: Any, row: SiteSearch, url: str, offered: Iterable[Property]) -> None:
    """Read this property from now on. Figures of another one go when the first of this one arrive.

    Raises ValidationError for one that is not among those offered, or that the account may not read.
    """
    if not any(one.url == url and one.is_readable for one in offered):
        raise ValidationError(_t("This account may not read %(property)s."), params={"property": url[:300]})
    with transaction.atomic():
        connection = _account(row)
        before = connection.config.get("property", "")
        connection_update(connection, name=connection.name, values={**connection.config, "property": url})
        audit(actor, "search.property_chosen", row, before={"property": before}, after={"property": url})


@transaction.atomic
def search_disconnect(*, actor: Any, row: SiteSearch) -> None:
    """The credentials are gone for good; the figures stay."""
    audit(actor, "search.disconnected", row, before={"property": row.property})
    if row.connection is not None:
        connection_remove(row.connection)


@transaction.atomic
def search_forget(*, actor: Any, row: SiteSearch) -> None:
    """Delete the stored figures. While an account is connected they are read again, as far as the vendor has them."""
    row = SiteSearch.objects.select_for_update(of=("self",)).get(pk=row.pk)
    audit(actor, "search.forgotten", row, before={"property": row.property})
    figures_forget(row)
    if row.connection_id:
        Connection.objects.filter(pk=row.connection_id).update(cursor={}, next_attempt_at=timezone.now())


def _account(row: SiteSearch) -> Connection:
    if row.connection is None:
        raise ValidationError(_t("No account is connected."))
    return row.connection


def _name(site: Site) -> str:
    return _t("Searches of %(site)s") % {"site": site.name[:100]}
