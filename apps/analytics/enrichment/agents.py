"""Browser, operating system and device class from the user agent, and whether it is a robot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from apps.analytics.enrichment.bots import bot_name, is_ai

LONGEST = 1024
_TABLET = re.compile(r"iPad|Tablet|PlayBook|Silk/|Kindle|SM-T\d|SM-X\d|\bTab\b", re.I)
_TV = re.compile(
    r"SMART-?TV|SmartTV|Apple ?TV|GoogleTV|HbbTV|NetCast|Web0S|Tizen.*TV|BRAVIA|AFT[A-Z]|Roku|CrKey|PlayStation|Xbox",
    re.I,
)
_MOBILE = re.compile(r"Mobi|iPhone|iPod|Phone|BlackBerry|Opera Mini|IEMobile", re.I)
_BROWSERS = {
    "Mobile Safari": "Safari", "Mobile Safari UI/WKWebView": "Safari", "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome", "Chrome Mobile WebView": "Chrome", "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox", "Edge Mobile": "Edge", "Opera Mobile": "Opera", "Samsung Internet": "Samsung Internet",
}
_SYSTEMS = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS"}
_LINUXES = {"Ubuntu", "Debian", "Fedora", "Red Hat", "SUSE", "Gentoo", "Arch Linux", "Linux Mint", "CentOS"}


@dataclass(frozen=True, slots=True, eq=False)
class Agent:
    """What a user agent string says. There is one for each string, so that they are told apart by identity.

    `bot` is the robot's name, empty for a person.
    """

    browser: str = ""
    os: str = ""
    device: str = "other"
    bot: str = ""


@cache
def _bots() -> object:
    from is_bot import Bots  # noqa: PLC0415 -- slow import

    return Bots()


@lru_cache(maxsize=50_000)
def agent_of(text: str) -> Agent:
    """The agent of a string of any length; what stands behind the first thousand characters is not looked at."""
    text = text[:LONGEST]
    if not text.strip():
        return Agent(bot="no user agent")
    if _bots().is_bot(text) or is_ai(text):  # type: ignore[attr-defined]
        return Agent(bot=bot_name(text))
    import ua_parser  # noqa: PLC0415 -- slow import

    parsed = ua_parser.parse(text)
    browser = parsed.user_agent.family if parsed.user_agent else ""
    system = parsed.os.family if parsed.os else ""
    if system in _LINUXES:
        system = "Linux"
    return Agent(
        browser=_BROWSERS.get(browser, "" if browser == "Other" else browser)[:60],
        os=_SYSTEMS.get(system, "" if system == "Other" else system)[:60],
        device=_device(text, system),
    )


def _device(text: str, system: str) -> str:
    if _TV.search(text):
        return "tv"
    if _TABLET.search(text) or ("Android" in text and "Mobile" not in text):
        return "tablet"
    if _MOBILE.search(text):
        return "mobile"
    if system in {"Windows", "Mac OS X", "Linux", "Chrome OS"} or "X11" in text:
        return "desktop"
    return "other"


@lru_cache(maxsize=20_000)
def device_on_screen(device: str, os: str, width: int, height: int) -> str:
    """An iPad says it is a Mac; its screen tells otherwise. No Mac is sold with one of these sizes."""
    if device == "desktop" and os == "macOS" and (min(width, height), max(width, height)) in _IPADS:
        return "tablet"
    return device


_IPADS = {(768, 1024), (810, 1080), (820, 1180), (834, 1112), (834, 1194), (744, 1133), (1024, 1366)}
