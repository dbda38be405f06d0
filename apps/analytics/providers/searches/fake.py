"""A Search Console inside Mainstay, for the demo, development and browser tests: imagined searches, nothing leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers.google_api import NotAllowed
from apps.analytics.providers.searches.base import (
    PACIFIC,
    PROPERTY,
    Property,
    Question,
    SearchConsole,
    Told,
    search_consoles,
)
from apps.analytics.providers.searches.imagined import Imagined, told
from apps.core.bucket import Pace
from apps.core.providers import ProviderField

_ENDINGS = ("", "opening hours", "prices", "reviews", "near me", "address", "jobs", "phone", "online", "booking")


@search_consoles.register
class FakeSearchConsole(SearchConsole):
    """Knows the site as a domain, which may be read, and as an address, which is not verified."""

    key = "fake"
    label = _("Demo of Search Console")
    icon = "search"
    help = _("Imagined figures that behave like those of Google. Nothing leaves this installation.")
    fields = (
        PROPERTY,
        ProviderField("domain", _("Domain"), help=_("The site it speaks of, such as example.com.")),
        ProviderField("terms", _("Search terms"), required=False, help=_("Separated by commas, the commonest first.")),
        ProviderField("paths", _("Pages"), required=False, help=_("Paths separated by commas, such as /, /menu/.")),
        ProviderField("countries", _("Countries"), required=False, help=_("Three letters each, such as deu, aut.")),
        ProviderField("shown", _("Times shown a day"), kind="number", default=1_500),
        ProviderField("days", _("Days it knows of"), kind="number", default=120),
    )
    pace = Pace(per_second=1_000, burst=1_000)

    def check(self) -> str:
        """Works, unless the property that is not verified was chosen."""
        chosen = str(self.config.get("property") or "")
        self._readable(chosen)
        return chosen or self._domain

    def properties(self) -> list[Property]:
        """Both."""
        return [Property(f"sc-domain:{self._domain}", True), Property(f"https://{self._domain}/", False)]

    def ask(self, question: Question) -> Told:
        """Imagined searches."""
        self._readable(question.property)
        today = timezone.now().astimezone(PACIFIC).date()
        since = today - timedelta(days=int(self._number("days", 120)))
        return told(self._business(since), question, today)

    @property
    def _domain(self) -> str:
        return str(self.config.get("domain") or "example.com")

    def _business(self, since: Any) -> Imagined:
        name = self._domain.split(".")[0].replace("-", " ")
        more = {"countries": self._words("countries")} if self._words("countries") else {}
        return Imagined(
            f"https://{self._domain}", self._words("terms") or tuple(f"{name} {end}".strip() for end in _ENDINGS),
            self._words("paths") or ("/",), shown_a_day=int(self._number("shown", 1_500)), since=since, **more,
        )

    def _words(self, name: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in str(self.config.get(name) or "").split(",") if word.strip())

    def _number(self, name: str, default: int) -> float:
        return float(self.config.get(name) or default)

    def _readable(self, chosen: str) -> None:
        if chosen and not chosen.startswith("sc-domain:"):
            words = _t("%(property)s is not verified in Search Console for this Google account.")
            raise NotAllowed(words % {"property": chosen}, permanent=True)
