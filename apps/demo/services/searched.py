"""The demo's Search Console: a stand-in that tells imagined searches by the rules of Google's."""

from __future__ import annotations

from apps.analytics.models import Site
from apps.analytics.services.searches import search_connect
from apps.core import sync
from apps.core.connections.services import connection_check
from apps.core.models import Connection
from apps.core.tenancy import tenant
from apps.demo.businesses import Business
from apps.demo.searched import COUNTRIES, SEARCHED, SHOWN_A_DAY
from apps.demo.selectors import demo_loads

DAYS = 200  # so that a quarter can be compared with the one before it
KIND = "search_console"


def searches_add(site: Site, business: Business) -> None:
    """Connect the site; its figures come with the next sync, as everybody's do."""
    domain = (site.domains or ["example.com"])[0]
    terms = SEARCHED[business.key]
    row = search_connect(actor=None, site=site, provider="fake", values={
        "property": f"sc-domain:{domain}", "domain": domain, "terms": ", ".join(term for term, _path in terms),
        "paths": ", ".join(path for _term, path in terms), "countries": COUNTRIES[business.key],
        "shown": SHOWN_A_DAY[business.key], "days": DAYS,
    })
    if row.connection is not None:
        connection_check(row.connection)


def searches_read() -> int:
    """Read what is new for every demo business now, not when the schedule comes round; returns how many were read."""
    done = 0
    for load in demo_loads():
        with tenant(load.organization_id):
            ids = Connection.objects.filter(kind=KIND).values_list("id", flat=True)
            done += sum(sync.run(pk) is sync.End.DONE for pk in ids)
    return done
