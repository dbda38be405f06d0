"""A person's sessions, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Membership, SingleSignOn, User
from apps.core.tenancy import every_tenant

_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("SamsungBrowser/", "Samsung"),
    ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"), ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Device:
    """Where a person is signed in."""

    id: int
    name: str
    is_phone: bool
    network: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_current: bool


def devices_of(user: User, session_key: str | None) -> list[Device]:
    """Live sessions, this one first, then by last use. Two queries."""
    rows = list(UserSession.objects.filter(user=user).order_by("-last_seen_at"))
    keys = [row.session_key for row in rows]
    stored = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    alive = set(stored.values_list("session_key", flat=True))
    found = [_device(row, row.session_key == session_key) for row in rows if row.session_key in alive]
    return sorted(found, key=lambda device: not device.is_current)


def device_name(agent: str) -> str:
    """What a user agent is in words a person recognises: "Firefox on Windows"."""
    browser, system = _browser_and_system(agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")


def _browser_and_system(agent: str) -> tuple[str, str]:
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return browser, system


def _device(row: UserSession, is_current: bool) -> Device:
    name, phone = device_name(row.user_agent), _browser_and_system(row.user_agent)[1] in {"iPhone", "Android"}
    return Device(row.pk, name, phone, _network(row.ip), row.created_at, row.last_seen_at, is_current)


def _network(ip: str) -> str:
    return f"{ip.rpartition('.')[0]}.…" if "." in ip else f"{ip.rstrip(':')}:…"


def has_confirmed_address(user: User) -> bool:
    """Whether the person has shown that the address is theirs; second factors can be set up only then."""
    return EmailAddress.objects.filter(user=user, verified=True).exists()


def sign_ins_of(user: User) -> list[SingleSignOn]:
    """The own sign-ins of the organizations a person belongs to."""
    with every_tenant():
        ids = Membership.objects.filter(user=user, is_active=True).values_list("organization_id", flat=True)
        return list(SingleSignOn.objects.filter(organization_id__in=list(ids), is_enabled=True).order_by("name"))
