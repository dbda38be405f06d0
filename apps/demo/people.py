"""Where demo visitors come from and what they browse with. Addresses lie in networks of real access providers, so that
countries are found by the same look-up as for anyone; user agents are those of common browsers of late 2026."""

from __future__ import annotations

import ipaddress
import random
from dataclasses import dataclass

_NETWORKS = {
    "DE": ("84.128.0.0/10", "Europe/Berlin", "de-DE"),
    "AT": ("62.178.0.0/16", "Europe/Vienna", "de-AT"),
    "CH": ("85.0.0.0/13", "Europe/Zurich", "de-CH"),
    "NL": ("77.160.0.0/13", "Europe/Amsterdam", "nl-NL"),
    "FR": ("90.0.0.0/9", "Europe/Paris", "fr-FR"),
    "GB": ("86.128.0.0/11", "Europe/London", "en-GB"),
    "DK": ("80.160.0.0/15", "Europe/Copenhagen", "da-DK"),
    "ES": ("83.32.0.0/11", "Europe/Madrid", "es-ES"),
    "PL": ("83.0.0.0/11", "Europe/Warsaw", "pl-PL"),
    "US": ("73.0.0.0/8", "America/New_York", "en-US"),
}
_BROWSERS = (
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        1920,
        1080,
        24,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
        393,
        852,
        26,
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
        412,
        915,
        18,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
        1512,
        982,
        10,
    ),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", 1536, 864, 7),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
        1920,
        1080,
        6,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        1728,
        1117,
        5,
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
        360,
        780,
        3,
    ),
    (
        "Mozilla/5.0 (iPad; CPU OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
        820,
        1180,
        3,
    ),
)
_CRAWLERS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
)


@dataclass(frozen=True)
class Person:
    """A visitor as the web sees one. `vid` is set for those who agreed to a cookie."""

    ip: str
    ua: str
    lang: str
    tz: str
    sw: int
    sh: int
    vid: str


def person(number: int, business_key: str, countries: dict[str, float]) -> Person:
    """Visitor number N of a business: always the same address, browser and choice."""
    rng = random.Random(f"{business_key}/{number}")
    country = rng.choices(list(countries), list(countries.values()))[0]
    network, zone, lang = _NETWORKS[country]
    net = ipaddress.ip_network(network)
    address = str(net[rng.randrange(1, net.num_addresses - 1)])
    ua, width, height, _ = rng.choices(_BROWSERS, [row[3] for row in _BROWSERS])[0]
    vid = f"demo{number:08x}{business_key}" if rng.random() < 0.4 else ""
    return Person(address, ua, lang, zone, width, height, vid)


def crawler(rng: random.Random) -> Person:
    """A robot; Mainstay must not count it as a visitor."""
    return Person(f"66.249.{rng.randrange(64, 95)}.{rng.randrange(1, 254)}", rng.choice(_CRAWLERS), "", "", 0, 0, "")
