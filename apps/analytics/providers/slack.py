"""Slack by an incoming webhook (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks): a message an event.

The address is the only credential, so it is kept like a password.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from babel.numbers import format_currency
from django.conf import settings
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import ConsentRule
from apps.analytics.providers.answers import Answer, ask, refused, taken
from apps.analytics.providers.base import Destination, Outgoing, Payload, Refused, Report, destinations
from apps.core.providers import ProviderError, ProviderField

MOST_ITEMS = 5
LONGEST_LINE = 150
_BAD_MESSAGES = frozenset({
    "invalid_payload", "invalid_blocks", "invalid_blocks_format", "no_text", "too_many_attachments", "msg_too_long",
    "missing_text_or_fallback_or_attachments",
})


@destinations.register
class Slack(Destination):
    """A channel of a Slack workspace."""

    key = "slack"
    label = "Slack"
    icon = "message-square"
    help = _("One readable message for each event you choose; best for a few that matter, such as orders and requests.")
    fields = (
        ProviderField(
            "webhook_url", _("Webhook address"), kind="secret",
            help=_("api.slack.com/apps → your app → Incoming Webhooks → Add New Webhook: choose the channel, copy the "
                   "address. It begins with https://hooks.slack.com/services/."),
        ),
    )
    events = {"purchase": "purchase", "lead": "lead"}
    max_age = timedelta(hours=24)
    per_second = 1.0
    consent = ConsentRule.ANONYMOUS
    takes_anonymous = True
    deduplicates = False

    def check(self) -> str:
        """A message to the channel, which everybody there can see."""
        answer = self._post({"text": escaped(_t("Mainstay is connected to this channel."))})
        if not _arrived(answer):
            raise _complaint(answer)
        return _t("Slack channel")

    def prepare(self, event: Outgoing, name: str) -> dict[str, Any]:
        """What happened, where and for how much; nothing about who."""
        head = {"purchase": _t("New order"), "lead": _t("New request")}.get(name, name)
        lines = [f"*{escaped(head[:LONGEST_LINE])}* · {escaped(event.site)}"]
        facts = [money(event.value, event.currency)] if event.value is not None and event.currency else []
        if event.order_id:
            facts.append(_t("order %(number)s") % {"number": event.order_id})
        if event.utm.get("source"):
            facts.append(_t("from %(source)s") % {"source": event.utm["source"]})
        if facts:
            lines.append(escaped(" · ".join(facts)[:LONGEST_LINE]))
        lines.extend(f"• {escaped(_item(item)[:LONGEST_LINE])}" for item in event.items[:MOST_ITEMS])
        if len(event.items) > MOST_ITEMS:
            lines.append(escaped(_t("and %(count)s more") % {"count": len(event.items) - MOST_ITEMS}))
        if event.path:
            lines.append(f"`{escaped((event.host + event.path)[:LONGEST_LINE]).replace('`', '')}`")
        return {"text": "\n".join(lines), "unfurl_links": False}

    def send(self, payloads: Sequence[Payload], *, test: bool = False) -> Report:
        """POST the message; a test is marked as one."""
        body = dict(payloads[0].body)
        if test:
            body["text"] = escaped(_t("Test:")) + " " + body["text"]
        answer = self._post(body)
        if _arrived(answer):
            return Report(taken(payloads[:1]), answer.exchange)
        said = answer.exchange.answer.strip()
        if answer.status == 400 and said in _BAD_MESSAGES:
            return Report(refused(payloads[:1], _t("Slack refused: %(reason)s") % {"reason": said}), answer.exchange)
        raise _complaint(answer)

    def _post(self, body: dict[str, Any]) -> Answer:
        url = str(self.secrets.get("webhook_url", "")).strip()
        ours, theirs = urlsplit(settings.SLACK_API_URL), urlsplit(url)
        if (theirs.scheme, theirs.netloc) != (ours.scheme, ours.netloc) or not theirs.path.startswith("/services/"):
            raise ProviderError(_t("The address must begin with https://hooks.slack.com/services/."), permanent=True)
        return ask("Slack", "POST", url, body=body, secrets=(theirs.path.removeprefix("/services/"),))


def escaped(text: str) -> str:
    """Plain text for Slack: its three control characters written out, on one line."""
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def money(value: Decimal, currency: str) -> str:
    """An amount as people of the current language write it."""
    locale = to_locale(get_language() or "en")
    return str(format_currency(value, currency.upper(), locale=locale, decimal_quantization=False))


def _item(item: Any) -> str:
    title = str(item.get("name") or item.get("id") or "")
    count = str(item.get("quantity") or "")
    return f"{count} × {title}" if count not in {"", "1"} else title


def _arrived(answer: Answer) -> bool:
    return answer.status == 200 and answer.exchange.answer.strip() == "ok"


def _complaint(answer: Answer) -> Refused:
    """What Slack's word means. Its refusals are one word; anything longer came from elsewhere."""
    said = answer.exchange.answer.strip()
    if answer.status in {408, 429} or answer.status >= 500:
        if answer.status == 429:
            return answer.failure(_t("Slack asks to wait."), retry_after=30)
        return answer.unreadable()
    if answer.ok or not said.replace("_", "").isalnum() or len(said) > 60:
        return answer.unreadable()
    removed = _t("The webhook was removed or switched off in Slack: make a new one.")
    gone = _t("The Slack workspace is gone: make a webhook in another one.")
    words = {
        "no_service": removed, "no_service_id": removed, "no_active_hooks": removed,
        "no_team": gone, "team_disabled": gone,
        "user_not_found": _t("The person this webhook wrote to is gone: make one for a channel."),
        "posting_to_general_channel_denied": _t("Only some may post to this channel: make a webhook for another one."),
        "invalid_token": _t("The webhook address is not valid: copy it again."),
        "channel_is_archived": _t("The channel is archived: bring it back, or make a webhook for another one."),
        "channel_not_found": _t("The channel is gone: make a webhook for another one."),
        "action_prohibited": _t("An administrator of the workspace does not allow this webhook to post."),
    }.get(said, _t("Slack refused: %(reason)s") % {"reason": said})
    return answer.failure(words, permanent=True)
