"""One of everything a site's owner can have, made by the services, or as the pipeline writes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.audit import audit
from apps.accounts.models import User
from apps.analytics.contracts.journeys import StepSpec
from apps.analytics.enums import DeliveryState, ImportKind, ImportState
from apps.analytics.models import Company, CompanyScore, DeadLetter, Delivery, Destination, Import, SearchFigure, Site
from apps.analytics.services.destinations import destination_create
from apps.analytics.services.funnels import funnel_create, segment_create
from apps.analytics.services.goals import goal_create
from apps.analytics.services.searches import search_connect
from apps.analytics.services.sharing import shared_link_create
from apps.core.models import Connection
from apps.core.tenancy import tenant

WORDS = "The receiver answered 422: a very long word about what it would not take, at https://hooks.example/a/b/c/d/e"

PARTS = {"frequency": {"amount": 3, "points": 64.0, "weight": 25}}


def one_of_each(owner: User, site: Site) -> dict[str, Any]:
    """Make them; gives what stands for them in addresses."""
    with tenant(site.organization_id):
        audit(owner, "site.changed", site.name, before={"name": "Old"}, after={"name": site.name})
        goal = goal_create(actor=owner, site=site, name="Thanked", kind="page", value="/bread", is_conversion=True)
        steps = [StepSpec(value=path) for path in ("/", "/bread")]
        funnel = funnel_create(actor=owner, site=site, name="To the bread", steps=steps)
        segment_create(actor=owner, name="Germany", filters=["country:is:DE"], site=site, is_shared=True)
        account = Connection.objects.create(kind="notification_transport", provider="fake", name="Mail")
        destination = _destination(owner, site)
        _searches(owner, site)
        return {
            "goal": goal.pk, "funnel": funnel.pk, "connection": account.pk, "destination": destination.pk,
            "shared": shared_link_create(actor=owner, site=site, name="Partner").token,
            "delivery": _failed(destination).pk, "company": _company().pk, "letter": _letter(site).pk,
            "history": _import(site).pk,
        }


def _destination(owner: User, site: Site) -> Destination:
    values = {"url": "https://hooks.example/mainstay", "secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}
    return destination_create(actor=owner, site=site, provider="webhook", name="Our stock system", values=values)


def _searches(owner: User, site: Site) -> None:
    row = search_connect(actor=owner, site=site, provider="fake", values={"property": "sc-domain:site.example"})
    day = timezone.now().date() - timedelta(days=2)
    row.first_day = row.last_day = row.final_day = day
    row.save()
    values = ("", "where to buy " + "bread" * 30, "https://site.example/" + "a" * 200, "DE")
    for dim, value in enumerate(values):
        SearchFigure.objects.create(site=site, day=day, dim=dim, value=value, clicks=3, impressions=40, places=90.0)


def _failed(destination: Destination) -> Delivery:
    now = timezone.now()
    log: list[dict[str, Any]] = [{"at": now.isoformat(), "status": 422, "words": WORDS}]
    return Delivery.objects.create(
        destination=destination, event_id="e" * 150, name="pageview", sent_as="pageview", at=now, log=log, words=WORDS,
        state=DeliveryState.DEAD, attempts=1, status=422, answer='{"error": "no"}', finished_at=now,
        payload={"url": "https://" + "x" * 200},
    )


def _import(site: Site) -> Import:
    return Import.objects.create(
        site=site, kind=ImportKind.ACCESS_LOG, state=ImportState.DONE,
        name="access-with-a-very-long-name-of-the-server.log.gz",
        line=1200, taken=900, broken=1, left={"robot": 299}, faults=[[7, "date"]],
    )


def _company() -> Company:
    now = timezone.now()
    company = Company.objects.create(
        key="as:3320", name="Kettle & Sons Precision Machinery Holding GmbH", domain="kettle.example", country="DE",
        network=3320, network_name="KETTLE-AS", first_seen_at=now, last_seen_at=now, visits=3, pageviews=9, score=64,
    )
    CompanyScore.objects.create(company=company, day=now.date(), score=64, temperature="warm", parts=PARTS)
    return company


def _letter(site: Site) -> DeadLetter:
    return DeadLetter.objects.create(
        site_id=site.pk, reason="ValueError", detail=WORDS, received_at=timezone.now(), raw=b"[]"
    )
