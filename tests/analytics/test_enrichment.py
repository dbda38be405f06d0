"""Where a visit comes from and with what: a table of cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.analytics.enrichment.acquisition import acquisition_of, channel_of
from apps.analytics.enrichment.addresses import address_of, normal_host, root_of
from apps.analytics.enrichment.agents import agent_of, device_on_screen
from apps.analytics.enrichment.places import NOWHERE, Places, country_of_zone, truncated
from apps.analytics.enrichment.referrers import is_spam, known_host
from tests.analytics.conftest import CHROME, PHONE

OWN = frozenset({"shop.example", "blog.shop.example"})


@pytest.mark.parametrize(("query", "referrer", "channel", "source", "medium"), [
    ("", "", "direct", "", ""),
    ("", "https://shop.example/cart", "direct", "", ""),
    ("", "https://www.shop.example/cart", "direct", "", ""),
    ("", "about:blank", "direct", "", ""),
    ("", "https://www.google.de/", "organic_search", "google", "organic"),
    ("", "https://www.google.com.br/search", "organic_search", "google", "organic"),
    ("", "https://duckduckgo.com/", "organic_search", "duckduckgo", "organic"),
    ("", "https://l.facebook.com/l.php", "organic_social", "facebook", "referral"),
    ("", "https://www.linkedin.com/feed/", "organic_social", "linkedin", "referral"),
    ("", "https://m.youtube.com/watch", "organic_video", "youtube", "referral"),
    ("", "https://www.amazon.co.uk/dp/1", "organic_shopping", "amazon", "referral"),
    ("", "https://chatgpt.com/", "ai_assistant", "chatgpt", "referral"),
    ("", "https://www.perplexity.ai/search", "ai_assistant", "perplexity", "referral"),
    ("", "https://gemini.google.com/app", "ai_assistant", "gemini", "referral"),
    ("", "https://mail.google.com/", "referral", "mail.google.com", "referral"),
    ("", "https://groups.google.com/g/x", "organic_social", "groups.google.com", "referral"),
    ("", "https://news.google.com/", "organic_search", "google news", "organic"),
    ("", "https://de.search.yahoo.com/", "organic_search", "yahoo!", "organic"),
    ("", "https://google.com.evil.example/", "referral", "google.com.evil.example", "referral"),
    ("", "https://xn--ggle-0nda.com/", "referral", "xn--ggle-0nda.com", "referral"),
    ("", "https://[2001:db8::1]/", "referral", "2001:db8::1", "referral"),
    ("", "https://news.example.org/a", "referral", "news.example.org", "referral"),
    ("gclid=1", "https://www.google.com/", "paid_search", "google", "cpc"),
    ("gclid=1", "", "paid_search", "google", "cpc"),
    ("wbraid=1", "", "paid_search", "google", "cpc"),
    ("msclkid=1", "https://www.bing.com/", "paid_search", "bing", "cpc"),
    ("ttclid=1", "", "paid_social", "tiktok", "cpc"),
    ("fbclid=1", "https://l.facebook.com/", "organic_social", "facebook", "referral"),
    ("utm_source=google&utm_medium=cpc", "", "paid_search", "google", "cpc"),
    ("utm_source=google&utm_medium=CPC", "https://www.google.com/", "paid_search", "google", "cpc"),
    ("utm_source=google&utm_medium=organic", "", "organic_search", "google", "organic"),
    ("utm_source=facebook&utm_medium=paid_social", "", "paid_social", "facebook", "paid_social"),
    ("utm_source=fb&utm_medium=cpm", "", "paid_social", "fb", "cpm"),
    ("utm_source=youtube&utm_medium=ppc", "", "paid_video", "youtube", "ppc"),
    ("utm_source=partner&utm_medium=cpm", "", "display", "partner", "cpm"),
    ("utm_source=partner&utm_medium=banner", "", "display", "partner", "banner"),
    ("utm_source=partner&utm_medium=paid", "", "paid_other", "partner", "paid"),
    ("utm_source=partner&utm_medium=retargeting", "", "paid_other", "partner", "retargeting"),
    ("utm_source=google&utm_medium=cpc&utm_campaign=summer-shopping", "", "paid_shopping", "google", "cpc"),
    ("utm_source=x&utm_medium=y&utm_campaign=shop-now", "", "organic_shopping", "x", "y"),
    ("utm_source=x&utm_medium=y&utm_campaign=workshop", "", "unassigned", "x", "y"),
    ("utm_source=google&utm_medium=cpc&utm_campaign=cross-network", "", "cross_network", "google", "cpc"),
    ("utm_source=letter&utm_medium=email", "", "email", "letter", "email"),
    ("utm_source=e-mail&utm_medium=x", "", "email", "e-mail", "x"),
    ("utm_source=partner&utm_medium=affiliate", "", "affiliates", "partner", "affiliate"),
    ("utm_source=partner&utm_medium=referral", "", "referral", "partner", "referral"),
    ("utm_source=spot&utm_medium=audio", "", "audio", "spot", "audio"),
    ("utm_source=sms&utm_medium=x", "", "sms", "sms", "x"),
    ("utm_source=app&utm_medium=web-push", "", "push", "app", "web-push"),
    ("utm_source=firebase&utm_medium=x", "", "push", "firebase", "x"),
    ("utm_source=x&utm_medium=social", "", "organic_social", "x", "social"),
    ("utm_source=x&utm_medium=some-video", "", "organic_video", "x", "some-video"),
    ("utm_source=x&utm_medium=y", "https://www.google.com/", "unassigned", "x", "y"),
    ("ref=producthunt", "", "unassigned", "producthunt", ""),
])
def test_channels_follow_the_documented_rules(
    query: str, referrer: str, channel: str, source: str, medium: str
) -> None:
    campaign = address_of(f"https://shop.example/?{query}").campaign

    assert acquisition_of(campaign, referrer, OWN)[:3] == (channel, source, medium)


def test_a_campaign_keeps_its_words_and_a_referrer_its_path() -> None:
    campaign = address_of("https://a.example/?utm_source=N&utm_medium=M&utm_campaign=C%20d&utm_term=t&utm_content=c")

    assert acquisition_of(campaign.campaign, "https://x.example/p/?q=secret", OWN) == (
        "unassigned", "n", "m", "C d", "t", "c", "x.example/p",
    )
    assert channel_of("(direct)", "(none)", "", "") == "direct"


@pytest.mark.parametrize(("url", "host", "path"), [
    ("https://WWW.Shop.example:8443/a/b?q=1#top", "shop.example", "/a/b"),
    ("https://shop.example", "shop.example", "/"),
    ("https://shop.example/%C3%BCber%20uns", "shop.example", "/über uns"),
    ("https://shop.example/%00%ff", "shop.example", "/�"),
    ("http://[::1", "", "/"),
    ("/relative?x", "", "/relative"),
    ("data:text/html,x", "", "text/html,x"),
])
def test_addresses_are_taken_apart(url: str, host: str, path: str) -> None:
    found = address_of(url)

    assert (found.host, found.path) == (host, path)


def test_a_fragment_counts_only_where_the_site_routes_by_it() -> None:
    assert address_of("https://shop.example/app#/cart", True).path == "/app#/cart"
    assert len(address_of("https://shop.example/" + "x" * 5000).path) == 1000


@pytest.mark.parametrize(("text", "browser", "system", "device"), [
    (CHROME, "Chrome", "Windows", "desktop"),
    (PHONE, "Safari", "iOS", "mobile"),
    ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
     "Chrome", "Android", "mobile"),
    ("Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
     "Chrome", "Android", "tablet"),
    ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox", "Linux", "desktop"),
])
def test_user_agents(text: str, browser: str, system: str, device: str) -> None:
    agent = agent_of(text)

    assert (agent.browser, agent.os, agent.device, agent.bot) == (browser, system, device, "")


@pytest.mark.parametrize(("text", "name"), [
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "googlebot"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0 Safari/537.36",
     "headlesschrome"),
    ("curl/8.5", "curl"), ("", "no user agent"), ("   ", "no user agent"),
])
def test_robots(text: str, name: str) -> None:
    assert agent_of(text).bot == name


def test_an_ipad_that_says_it_is_a_mac() -> None:
    assert device_on_screen("desktop", "macOS", 820, 1180) == "tablet"
    assert device_on_screen("desktop", "macOS", 1440, 900) == "desktop"


def test_places_without_databases_fall_back_to_the_time_zone(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"nonsense")
    places = Places(str(broken), str(tmp_path / "missing.mmdb"))

    assert not places.is_ready
    assert places.place_of("8.8.8.8", "Europe/Berlin") == ("DE", "", "")
    assert places.place_of("nonsense", "") == NOWHERE
    assert (country_of_zone("America/New_York"), country_of_zone("Nowhere/Land"), country_of_zone("UTC")) == (
        "US", "", "",
    )


def test_addresses_are_cut_short() -> None:
    assert (truncated("203.0.113.77"), truncated("2001:db8:1:2::3"), truncated("x")) == (
        "203.0.113.0", "2001:db8:1::", "x",
    )


def test_hosts() -> None:
    assert (normal_host("WWW.Example.com"), normal_host("www.com")) == ("example.com", "www.com")
    assert (root_of("a.b.example.co.uk"), root_of("localhost"), root_of("10.0.0.1")) == (
        "example.co.uk", "localhost", "10.0.0.1",
    )
    assert (is_spam("semalt.com"), is_spam("www.semalt.com"), is_spam("example.com")) == (True, True, False)
    assert known_host("nobody.example") == ("", "")
