"""Robots by what they are for: search engines, assistants and AI crawlers, watchmen, browsers without a screen."""

from __future__ import annotations

import re
from functools import lru_cache

SEARCH, AI, WATCH, HEADLESS, PREVIEW, TOOL, OTHER = (
    "search", "ai", "monitoring", "headless", "preview", "tool", "other",
)
FAMILIES = (SEARCH, AI, WATCH, HEADLESS, PREVIEW, TOOL, OTHER)
# The words robots write into their user agents, lower case. A longer word stands before one that it contains.
_WORDS: dict[str, tuple[str, ...]] = {
    AI: (
        "gptbot", "chatgpt-user", "chatgpt agent", "oai-searchbot", "claudebot", "claude-user", "claude-searchbot",
        "claude-web", "anthropic-ai", "perplexitybot", "perplexity-user", "google-extended", "googleother",
        "google-cloudvertexbot", "gemini-deep-research", "ccbot", "bytespider", "tiktokspider", "meta-externalagent",
        "meta-externalfetcher", "facebookbot", "amazonbot", "applebot-extended", "cohere-ai", "cohere-training-data",
        "mistralai-user", "duckassistbot", "youbot", "diffbot", "ai2bot", "timpibot", "omgili", "webzio-extended",
        "imagesiftbot", "pangubot", "kangaroo bot", "friendlycrawler", "petalbot", "phindbot", "exabot-ai", "novaact",
        "deepseekbot", "grokbot", "xai-crawler", "bedrockbot", "panscient",
    ),
    SEARCH: (
        "googlebot", "google-inspectiontool", "storebot-google", "adsbot-google", "mediapartners-google", "bingbot",
        "bingpreview", "msnbot", "adidxbot", "yandex", "baiduspider", "duckduckbot", "applebot", "slurp", "sogou",
        "360spider", "seznambot", "naverbot", "yeti", "qwantify", "qwantbot", "mojeekbot", "bravebot", "exabot",
        "ecosia", "coccocbot", "ia_archiver", "archive.org_bot", "ahrefsbot", "semrushbot", "mj12bot", "dotbot",
        "blexbot", "dataforseobot", "serpstatbot", "screaming frog", "sistrix", "rogerbot", "barkrowler",
    ),
    WATCH: (
        "uptimerobot", "pingdom", "statuscake", "site24x7", "datadogsynthetics", "datadog", "newrelicpinger",
        "better uptime", "betteruptime", "betterstack", "updown.io", "hetrixtools", "freshping", "nodeping",
        "checkly", "gtmetrix", "chrome-lighthouse", "lighthouse", "pagespeed", "dareboost", "webpagetest", "zabbix",
        "nagios", "check_http", "icinga", "prometheus", "blackbox", "kube-probe", "elb-healthchecker", "googlehc",
        "cloudflare-healthchecks", "monitis", "alertra", "uptime-kuma", "uptime",
    ),
    HEADLESS: (
        "headlesschrome", "headless", "phantomjs", "puppeteer", "playwright", "selenium", "cypress", "slimerjs",
        "splash", "htmlunit", "nightmare",
    ),
    PREVIEW: (
        "facebookexternalhit", "facebookcatalog", "twitterbot", "linkedinbot", "slackbot", "slack-imgproxy",
        "discordbot", "telegrambot", "whatsapp", "pinterestbot", "pinterest", "redditbot", "skypeuripreview",
        "microsoftpreview", "iframely", "embedly", "vkshare", "viber", "mastodon", "bluesky", "snapchat",
    ),
    TOOL: (
        "python-requests", "python-urllib", "python-httpx", "aiohttp", "scrapy", "curl", "wget", "libwww-perl",
        "go-http-client", "java/", "okhttp", "apache-httpclient", "node-fetch", "axios", "undici", "got (",
        "postmanruntime", "insomnia", "httpie", "guzzlehttp", "ruby", "perl", "feedfetcher", "feedly", "rss",
        "wordpress", "dart",
    ),
}
_BY_WORD = {word: family for family, words in _WORDS.items() for word in words}
_KNOWN = re.compile("|".join(re.escape(word) for word in sorted(_BY_WORD, key=len, reverse=True)))
_AI_FIRST = re.compile("|".join(re.escape(word) for word in sorted(_WORDS[AI], key=len, reverse=True)))
_NAMED = re.compile(r"[\w-]*(?:bot|crawl|spider|slurp|preview|monitor|headless)[\w-]*", re.I)


def bot_name(agent: str) -> str:
    """The word a robot goes by: one that is known, else what holds "bot" or the like, else the first word. Addresses
    in the text ("+https://openai.com/bot") name nobody."""
    text = re.sub(r"https?://\S+", " ", agent.lower())
    if found := _AI_FIRST.search(text) or _KNOWN.search(text):
        return found[0].strip(" /(")
    named = _NAMED.search(text)
    return (named[0] if named else re.split(r"[/\s;(]", text.strip(), maxsplit=1)[0])[:40]


@lru_cache(maxsize=10_000)
def bot_family(name: str) -> str:
    """Which of FAMILIES a robot's name belongs to."""
    if found := _AI_FIRST.search(name) or _KNOWN.search(name) or _KNOWN.search(f"{name}/"):
        return _BY_WORD[found[0]]
    return OTHER


@lru_cache(maxsize=10_000)
def is_ai(agent: str) -> bool:
    """Whether a user agent names an assistant or a crawler for one, some of which look like a browser otherwise."""
    return _AI_FIRST.search(agent.lower()) is not None
