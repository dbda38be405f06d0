"""Companies in an owner's words: kinds, confidence and its reason, the parts of a score."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from apps.analytics.company_industries import Industry
from apps.analytics.enums import Confidence, NetworkKind, Temperature
from apps.analytics.models import Company
from apps.analytics.selectors.companies import GUESS

TEMPERATURE_TONES = {Temperature.HOT: "good", Temperature.WARM: "attention", Temperature.COLD: "neutral"}
CONFIDENCE_TONES = {Confidence.HIGH: "good", Confidence.MEDIUM: "neutral", Confidence.LOW: "attention"}
_REASONS = {
    "word": _l("The name of its network says so (“%(detail)s”)."),
    "listed": _l("Its network is a large one whose owner is known."),
    "plain": _l("The name of its network is not that of an access provider or a data centre. It may still be one."),
    "own_name": _l("The address carries a name of %(detail)s, which leads back to it, and the network is registered to"
                   " the same name."),
    "named": _l("The address carries a name of %(detail)s, which leads back to it."),
    "service": _l("A connected service says so (%(detail)s)."),
    "owner": _l("You said so."),
}
PARTS = {
    "frequency": _l("How often"), "depth": _l("How many pages"), "time": _l("How long"),
    "conversions": _l("Conversions"), "recency": _l("How recently"),
}


def reason_of(company: Company) -> str:
    """Why it is believed to be this company."""
    return str(_REASONS.get(company.reason, _REASONS["plain"])) % {"detail": company.reason_detail}


def temperature_badge(company: Company) -> dict[str, Any]:
    """Hot, warm or cold."""
    found = Temperature(company.temperature)
    return {"badge": found.label, "tone": TEMPERATURE_TONES[found]}


def confidence_badge(company: Company) -> dict[str, Any]:
    """High, medium or low."""
    found = Confidence(company.confidence)
    return {"badge": found.label, "tone": CONFIDENCE_TONES[found]}


def industry_label(value: str) -> Any:
    """An industry as it is known, or as a name suggests it."""
    guess = value.removeprefix(GUESS)
    if guess == value or guess not in Industry.values:
        return value
    return _("%(industry)s (by name)") % {"industry": Industry(guess).label}


def industry_of_company(company: Company) -> dict[str, Any]:
    """What is known, or what its name suggests and why."""
    if company.industry or not company.industry_guess:
        return {"text": company.industry or "–"}
    word = company.industry_word
    sub = _("Guessed from “%(word)s”") % {"word": word} if word else _("Guessed from the kind of its network")
    return {"text": str(Industry(company.industry_guess).label), "sub": sub}


def kind_label(kind: str) -> Any:
    """Business, education, …"""
    return NetworkKind(kind).label if kind in NetworkKind.values else kind


def part_words(key: str, amount: float) -> str:
    """What was seen, for one part of a score."""
    whole = round(amount)
    if key == "frequency":
        return ngettext("%(count)s visit in 30 days", "%(count)s visits in 30 days", whole) % {"count": whole}
    if key == "depth":
        return _("%(count)s pages a visit") % {"count": f"{amount:.1f}"}
    if key == "time":
        return _("%(count)s seconds of attention a visit") % {"count": whole}
    if key == "conversions":
        return ngettext("%(count)s conversion in 30 days", "%(count)s conversions in 30 days", whole) % {
            "count": whole
        }
    if amount < 1:
        return _("last seen within a day")
    return ngettext("last seen %(count)s day ago", "last seen %(count)s days ago", whole) % {"count": whole}
