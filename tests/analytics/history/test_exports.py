"""Reports of Google Analytics and events of Umami."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.analytics.enums import Dimension, ImportKind, ImportState
from apps.analytics.models import Event, Site
from apps.analytics.pipeline.runner import Runner
from apps.core.tenancy import every_tenant
from tests.analytics.conftest import figures, total
from tests.analytics.history.test_imports import taken_in

pytestmark = pytest.mark.django_db(transaction=True)
GA4 = """# ----------------------------------------
# All Users
# Start date: 20250101
# End date: 20250102
# ----------------------------------------

Nth day,Sessions,Total users,Views,Event count,Key events,Total revenue,Engaged sessions
0000,"1,200",900,4000,9000,12,"1,234.50",700
0001,10,9,20,50,0,0,4
,1210,909,4020,9050,12,1234.5,704

# Start date: 20250101
# End date: 20250102
Date,Session default channel group,Country,Device category,Sessions,Total users
20250101,Organic Search,Germany,mobile,1000,800
20250101,Direct,United States,desktop,200,100
20250102,Paid Social,(not set),tablet,10,9
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_report_of_google_analytics(runner: Runner, shop: Site, encoding: str) -> None:
    text = GA4.replace(",", "\t") if encoding == "utf-16" else GA4  # as Excel saves it: tabs
    if encoding == "utf-16":
        text = text.replace('"1\t200"', "1200").replace('"1\t234.50"', "1234.50")
    row = taken_in(runner, shop, ImportKind.GA4, text.encode(encoding))

    assert (row.state, row.taken, row.broken, row.left) == (ImportState.DONE, 5, 0, {"sum": 1})
    assert figures(shop)[(datetime(2024, 12, 31, 23, tzinfo=UTC), "")] == {
        "visitors": 900, "sessions": 1200, "pageviews": 4000, "events": 9000, "conversions": 12, "bounces": 500,
        "revenue": Decimal("1234.5000"),
    }
    assert total(shop, "sessions") == 1210
    assert total(shop, "sessions", Dimension.CHANNEL, "paid_social") == 10
    assert total(shop, "visitors", Dimension.COUNTRY, "DE") == 800
    assert total(shop, "sessions", Dimension.COUNTRY) == 1200
    assert total(shop, "sessions", Dimension.DEVICE, "desktop") == 200


UMAMI = (
    "website_id,session_id,visit_id,event_id,hostname,browser,os,device,screen,language,country,region,city,url_path,"
    "url_query,referrer_path,referrer_query,referrer_domain,page_title,event_type,event_name,created_at\n"
)


def umami(session: str, event: str, path: str, at: str, ref: str = "", kind: int = 1, name: str = "") -> str:
    return (
        f"w,{session},v,{event},site.example,chrome,Mac OS,laptop,1440x900,de-DE,DE,DE-BE,Berlin,{path},,/,,{ref},"
        f"Home,{kind},{name},{at}\n"
    )


def test_umami_keeps_its_visitors_places_and_browsers(runner: Runner, shop: Site) -> None:
    content = UMAMI + umami("s1", "e3", "/b", "2025-03-02 09:10:00") + umami(
        "s1", "e1", "/", "2025-03-02 09:00:00", "news.example") + umami(
        "s1", "e2", "/", "2025-03-02 09:05:00", kind=2, name="signup") + umami(
        "s1", "e4", "/", "2025-03-05 09:00:00") + umami("s2", "e5", "/", "when?") + "a,b\n"
    row = taken_in(runner, shop, ImportKind.UMAMI, content.encode())

    assert (row.state, row.taken, row.broken) == (ImportState.DONE, 4, 2)
    assert (total(shop, "sessions"), total(shop, "pageviews"), total(shop, "events")) == (2, 3, 4)
    assert total(shop, "sessions", Dimension.SOURCE, "news.example") == 1  # though the file was not in order
    assert total(shop, "sessions", Dimension.CITY, "Berlin") == 2
    assert total(shop, "sessions", Dimension.OS, "macOS") == 2
    assert total(shop, "sessions", Dimension.BROWSER, "Chrome") == 2
    assert total(shop, "events", Dimension.EVENT, "signup") == 1
    with every_tenant():
        assert Event.objects.values("visitor").distinct().count() == 1
