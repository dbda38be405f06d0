"""The choices of web analytics. Plain values, so that the collector and the pipeline need no Django to read them."""

from __future__ import annotations

from enum import IntEnum, IntFlag, StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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


class GoalKind(models.TextChoices):
    """What a goal looks at."""

    PAGE = "page", _("A page is opened")
    EVENT = "event", _("An event happens")
    REVENUE = "revenue", _("An order is worth at least")


class TextMatch(models.TextChoices):
    """How a page or an event's name is held against a goal or step. Only `contains` looks past A–Z and a–z."""

    IS = "is", _("is")
    CONTAINS = "contains", _("contains")
    STARTS = "starts", _("starts with")


class FunnelWindow(models.TextChoices):
    """How long the steps of a funnel may take together."""

    VISIT = "visit", _("One visit")
    HOUR = "1h", _("One hour of a visit")
    DAY = "1d", _("One day")
    WEEK = "7d", _("7 days")
    MONTH = "30d", _("30 days")


class JobKind(models.TextChoices):
    """Work that only the pipeline may do, because it alone writes the event store."""

    REBUILD = "rebuild", _("Count a site's figures again")
    ERASE = "erase", _("Erase a visitor")
    REPLAY = "replay", _("Take rejected events in again")
    IMPORT = "import", _("Take in history from another system")
    UNDO = "undo", _("Take an import back")


class ImportKind(models.TextChoices):
    """Where a site's history comes from."""

    ACCESS_LOG = "log", _("Web server log")
    PLAUSIBLE = "plausible", _("Plausible")
    UMAMI = "umami", _("Umami")
    GA4 = "ga4", _("Google Analytics 4")


class ImportState(models.TextChoices):
    """How far an import is."""

    UPLOADING = "uploading", _("Being uploaded")
    FETCHING = "fetching", _("Being fetched")
    CHECKING = "checking", _("Being looked through")
    UNCLEAR = "unclear", _("Columns to be named")
    READY = "ready", _("Ready to start")
    REFUSED = "refused", _("Cannot be taken")
    RUNNING = "running", _("Running")
    STOPPING = "stopping", _("Stopping")
    STOPPED = "stopped", _("Stopped")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    UNDOING = "undoing", _("Being taken back")
    UNDONE = "undone", _("Taken back")


class ConsentRule(models.TextChoices):
    """What a destination gets of visitors who have not agreed."""

    NEEDED = "needed", _("Only events of visitors who agreed")
    ANONYMOUS = "anonymous", _("Without consent: the event, but nothing that identifies the visitor")
    ALWAYS = "always", _("All events, whether the visitor agreed or not")


class WhenUnsure(models.TextChoices):
    """What becomes of an event whose answer was lost, at a vendor that would count it again."""

    AGAIN = "again", _("Send it again: nothing is missing, but it may count twice")
    LEAVE = "leave", _("Do not send it again: nothing counts twice, but it may be missing")


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
    IMPORTED = 128
    PERSONAL_PATH = 256
    PERSONAL_QUERY = 512
    CAMPAIGN_CAPITALS = 1024
    MANY_PARAMETERS = 2048
    COOKIES_ALLOWED = 4096


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
    GOAL = 26
    CURRENCY = 30
    SESSION_LENGTH = 31
    LAST_SEEN = 32
    VITAL_LCP = 40
    VITAL_INP = 41
    VITAL_CLS = 42
    VITAL_FCP = 43
    VITAL_TTFB = 44
    PRODUCT = 50
    PRODUCT_VIEW = 51
    PRODUCT_CART = 52
    PRODUCT_CHECKOUT = 53
    PRODUCT_REFUND = 54
    REFUND = 55

    @property
    def key(self) -> str:
        """The name used in filters, breakdowns and the API."""
        return self.name.lower()


ACQUISITION = tuple(map(Dimension, range(Dimension.CHANNEL, Dimension.REFERRER + 1)))
PLACE = (Dimension.COUNTRY, Dimension.REGION, Dimension.CITY)
TECHNOLOGY = (Dimension.DEVICE, Dimension.BROWSER, Dimension.OS, Dimension.SCREEN, Dimension.LANGUAGE)
OF_SESSIONS = ACQUISITION + PLACE + TECHNOLOGY
OF_EVENTS = (Dimension.PAGE, Dimension.CONVERSION_PAGE, Dimension.EVENT, Dimension.PROPERTY)
BREAKDOWNS = (*OF_SESSIONS, *OF_EVENTS, Dimension.ENTRY_PAGE, Dimension.EXIT_PAGE)


class CompanyMode(models.TextChoices):
    """How far a site goes in recognising the businesses that visit it."""

    OFF = "off", _("Not at all")
    NETWORKS = "networks", _("By the owner of the network, looked up on this server")
    NAMES = "names", _("Also by the name of the address, and by a connected service")


class NetworkKind(models.TextChoices):
    """What an address belongs to. Only the first three are shown as companies."""

    BUSINESS = "business", _("Business")
    EDUCATION = "education", _("Education and research")
    GOVERNMENT = "government", _("Public authority")
    ISP = "isp", _("Internet access provider")
    HOSTING = "hosting", _("Hosting and data centre")
    UNKNOWN = "unknown", _("Unknown network")


class Confidence(models.TextChoices):
    """How sure it is that a visit came from the company."""

    HIGH = "high", _("High")
    MEDIUM = "medium", pgettext_lazy("confidence", "Medium")
    LOW = "low", _("Low")


class Temperature(models.TextChoices):
    """How interested a company is, by the organization's thresholds."""

    HOT = "hot", _("Hot")
    WARM = "warm", _("Warm")
    COLD = "cold", _("Cold")


COMPANY_KINDS = frozenset({NetworkKind.BUSINESS, NetworkKind.EDUCATION, NetworkKind.GOVERNMENT})


class SharedPeriod(models.TextChoices):
    """Which period a shared link shows. The values are those of `?range=`."""

    FREE = "", _("Whoever looks chooses")
    TODAY = "today", _("Today")
    WEEK = "7d", _("Last 7 days")
    FOUR_WEEKS = "28d", _("Last 28 days")
    QUARTER = "90d", _("Last 90 days")
    MONTH = "month", _("This month")
    YEAR = "year", _("This year")
    TWELVE_MONTHS = "12m", _("Last 12 months")


class SearchDimension(models.IntegerChoices):
    """What figures of searches are told by."""

    TOTAL = 0, _("All searches")
    QUERY = 1, _("Search term")
    PAGE = 2, _("Page")
    COUNTRY = 3, _("Country")
    DEVICE = 4, _("Device")
