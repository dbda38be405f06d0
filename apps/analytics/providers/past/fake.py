"""A Google Analytics inside Mainstay, for the demo, development and browser tests: imagined figures, nothing leaves."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from apps.analytics.providers.past.base import Past, Property, Question, Told, pasts
from apps.core.bucket import Pace

_VALUES = {
    "sessionDefaultChannelGroup": ("Organic Search", "Direct", "Referral"), "sessionSource": ("google", "(direct)"),
    "sessionMedium": ("organic", "(none)"), "sessionCampaignName": ("(organic)", "spring"),
    "landingPage": ("/", "/prices"), "pagePath": ("/", "/prices", "/contact"), "countryId": ("DE", "AT", "US"),
    "city": ("Berlin", "Vienna"), "deviceCategory": ("desktop", "mobile"), "browser": ("Chrome", "Safari"),
    "operatingSystem": ("Windows", "iOS"), "eventName": ("page_view", "sign_up"),
}
_SHARES = {"sessions": 60, "totalUsers": 45, "screenPageViews": 150, "eventCount": 300, "keyEvents": 3,
           "ecommercePurchases": 2, "engagedSessions": 40}


@pasts.register
class FakePast(Past):
    """Knows one property, which has counted for two years."""

    key = "fake"
    label = _("Demo of Google Analytics")
    icon = "google"
    help = _("Imagined figures that behave like those of Google. Nothing leaves this installation.")
    pace = Pace(per_second=1000, burst=1000)

    def check(self) -> str:
        """It is always there."""
        return str(_("Demo account"))

    def properties(self) -> list[Property]:
        """One."""
        return [Property("100", str(_("Demo shop")), str(_("Demo account")))]

    def ask(self, question: Question) -> Told:
        """The same figures whenever asked, more of them on working days."""
        days = [question.first + timedelta(days=number) for number in range((question.last - question.first).days + 1)]
        values = _VALUES.get(question.by, ("",))
        rows = [
            [f"{day:%Y%m%d}", *([value] if question.by else []), *_figures(day, question.figures, place, len(values))]
            for day in days for place, value in enumerate(values)
        ]
        return Told(rows[question.start:], len(rows), {"zone": "Europe/Berlin", "currency": question.currency})


def _figures(day: date, names: tuple[str, ...], place: int, of: int) -> list[str]:
    """Shares of a day's figures: the first value has the most."""
    weight = (of - place) / (of * (of + 1) / 2) * (1.4 if day.weekday() < 5 else 0.6) * (1 + day.day % 5 / 10)
    averages = {"averageSessionDuration": "64.5", "totalRevenue": f"{weight * 80:.2f}",
                "userEngagementDuration": f"{weight * 2000:.0f}"}
    return [averages.get(name) or str(round(_SHARES[name] * weight)) for name in names]
