"""The choices of web analytics. Plain values, so that the collector and the pipeline need no Django to read them."""

from __future__ import annotations

from enum import IntEnum, IntFlag, StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class SiteStatus(models.TextChoices):
    """Whether a site's events are taken. Only an active site's are."""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    ARCHIVED = "archived", _("Archived")


class ConsentMode(models.TextChoices):
    """How visitors are recognised."""

    COOKIELESS = "cookieless", _("Without cookies")
    ON_CONSENT = "on_consent", _("With a cookie once the visitor agrees")
    LOADED_AFTER_CONSENT = "loaded_after_consent", _("With a cookie: the page loads the script only after consent")


class JobKind(models.TextChoices):
    """Work that only the pipeline may do, because it alone writes the event store."""

    REBUILD = "rebuild", _("Count a site's figures again")
    ERASE = "erase", _("Erase a visitor")
    REPLAY = "replay", _("Take rejected events in again")


class ConsentRule(models.TextChoices):
    """What a destination gets of visitors who have not agreed."""

    NEEDED = "needed", _("Only events of visitors who agreed")
    ANONYMOUS = "anonymous", _("Without consent: the event, but nothing that identifies the visitor")
    ALWAYS = "always", _("All events, whether the visitor agreed or not")


class DeliveryState(models.TextChoices):
    """Where an event is on its way to a destination."""

    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Delivered")
    DEAD = "dead", _("Failed for good")
    SKIPPED = "skipped", _("Left out")


class BreakerState(models.TextChoices):
    """Whether a destination is being asked. HALF_OPEN: one request is let through to see."""

    CLOSED = "closed", _("Delivering")
    OPEN = "open", _("On hold after failures")
    HALF_OPEN = "half_open", _("Trying again")


class StoreGrain(IntEnum):
    """The bucket lengths that are kept. Weeks (from Monday) and months are added up from days once they are over."""

    MINUTE = 1
    HOUR = 2
    DAY = 3
    MONTH = 4
    WEEK = 5


class Origin(IntEnum):
    """Who sent an envelope: a browser, the owner's server with an API key, or the collector's own counters."""

    BROWSER = 0
    SERVER = 1
    COUNTERS = 2


class EventFlag(IntFlag):
    """What is remarkable about a stored event."""

    CONVERSION = 1
    CLOCK_REPAIRED = 2
    SERVER_SIDE = 4
    TEST = 8
    UNKNOWN_HOST = 16
    CONSENTED = 32
    CURRENCY_ASSUMED = 64


class Drop(StrEnum):
    """Why an event was not counted. The first group is told to the sender, the second only to the owner."""

    INVALID = "invalid"
    LIMIT = "limit"
    DUPLICATE = "duplicate"
    BOT = "bot"
    SPAM = "spam"
    HOSTNAME = "hostname"
    POISON = "poison"


class Doubt(StrEnum):
    """What is noted of counted events, day by day. The first group is what the second is a share of."""

    EVENTS = "events"
    BROWSER = "browser"
    PURCHASES = "purchases"
    HOST = "host"
    CONSENTED = "consented"
    CLOCK = "clock"
    MISSING = "missing"
    INCOMPLETE = "incomplete"
    UPPERCASE = "uppercase"
    PARAMETERS = "parameters"
    PERSONAL = "personal"


class Dimension(IntEnum):
    """What the rollups are kept by. The codes are stored: never give one a new meaning."""

    TOTAL = 0
    CHANNEL = 1
    SOURCE = 2
    MEDIUM = 3
    CAMPAIGN = 4
    TERM = 5
    CONTENT = 6
    REFERRER = 7
    COUNTRY = 8
    REGION = 9
    CITY = 10
    DEVICE = 11
    BROWSER = 12
    OS = 13
    SCREEN = 14
    LANGUAGE = 15
    PAGE = 20
    ENTRY_PAGE = 21
    EXIT_PAGE = 22
    CONVERSION_PAGE = 23
    EVENT = 24
    PROPERTY = 25
    CURRENCY = 30
    SESSION_LENGTH = 31
    LAST_SEEN = 32
    VITAL_LCP = 40
    VITAL_INP = 41
    VITAL_CLS = 42
    VITAL_FCP = 43
    VITAL_TTFB = 44

    @property
    def key(self) -> str:
        """The name used in filters, breakdowns and the API."""
        return self.name.lower()


ACQUISITION = (
    Dimension.CHANNEL, Dimension.SOURCE, Dimension.MEDIUM, Dimension.CAMPAIGN, Dimension.TERM, Dimension.CONTENT,
    Dimension.REFERRER,
)
PLACE = (Dimension.COUNTRY, Dimension.REGION, Dimension.CITY)
TECHNOLOGY = (Dimension.DEVICE, Dimension.BROWSER, Dimension.OS, Dimension.SCREEN, Dimension.LANGUAGE)
OF_SESSIONS = ACQUISITION + PLACE + TECHNOLOGY
OF_EVENTS = (Dimension.PAGE, Dimension.CONVERSION_PAGE, Dimension.EVENT, Dimension.PROPERTY)
BREAKDOWNS = (*OF_SESSIONS, *OF_EVENTS, Dimension.ENTRY_PAGE, Dimension.EXIT_PAGE)
