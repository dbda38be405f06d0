"""The demo's organizations and people, made and removed by the same services as anybody's."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import Membership, Organization, User
from apps.accounts.services.organizations import onboarding_hide, organization_add, organization_erase
from apps.analytics.contracts import SiteSettings
from apps.analytics.contracts.journeys import StepSpec
from apps.analytics.contracts.rules import RuleKind
from apps.analytics.enums import ConsentMode, GoalKind
from apps.analytics.models import Site
from apps.analytics.services.funnels import funnel_create, segment_create
from apps.analytics.services.goals import goal_create
from apps.analytics.services.sites import site_create
from apps.core.tenancy import every_tenant, tenant
from apps.demo.businesses import AGENCY_NAME, BUSINESSES, KESTREL, Business
from apps.demo.models import DemoLoad
from apps.demo.selectors import AGENCY_EMAIL, COLLEAGUE_EMAIL, OWNER_EMAIL, origin_of
from apps.demo.services.searched import searches_add
from apps.demo.services.sent_on import destinations_add

HISTORY = timedelta(days=365)
_PEOPLE = {OWNER_EMAIL: "Ada Brandt", COLLEAGUE_EMAIL: "Ben Okafor", AGENCY_EMAIL: "Nora Lindqvist"}


@transaction.atomic
def demo_create() -> None:
    """Make what is not there yet: an agency, its three clients with a site each, and their people."""
    people = {email: _person(email, name) for email, name in _PEOPLE.items()}
    agency = Organization.objects.filter(is_demo=True, kind=OrganizationKind.AGENCY).first()
    if agency is None:
        agency = organization_add(
            actor=None, name=AGENCY_NAME, kind=OrganizationKind.AGENCY, industry="marketing", is_demo=True,
            time_zone="Europe/Berlin", currency="EUR", country="DE",
        )
        onboarding_hide(actor=people[AGENCY_EMAIL], organization=agency)
    _join(agency, people[AGENCY_EMAIL], Role.OWNER)
    for business in BUSINESSES:
        organization = _client(agency, business)
        if business is KESTREL:
            _join(organization, people[OWNER_EMAIL], Role.OWNER)
            _join(organization, people[COLLEAGUE_EMAIL], Role.MANAGER)


def demo_close() -> None:
    """Take every demo organization out of reach at once; `demo_erase` removes what they own."""
    Organization.objects.filter(is_demo=True, delete_after=None).update(delete_after=timezone.now())


def demo_erase() -> int:
    """Erase the demo organizations that were closed, and the demo's people; returns how many organizations went."""
    closed = Organization.objects.filter(is_demo=True).exclude(delete_after=None)
    removed = 0
    for organization in closed.order_by(F("agency_id").desc(nulls_last=True)):
        organization_erase(organization=organization)
        removed += 1
    if removed:
        with every_tenant():
            User.objects.filter(email__in=_PEOPLE).delete()
    return removed


def _person(email: str, name: str) -> User:
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, None, name=name)


def _join(organization: Organization, user: User, role: Role) -> None:
    with tenant(organization.id):
        Membership.objects.get_or_create(organization=organization, user=user, defaults={"role": role})


def _client(agency: Organization, business: Business) -> Organization:
    with every_tenant():
        load = DemoLoad.objects.filter(business=business.key).select_related("organization").first()
    if load is not None:
        return load.organization
    organization = organization_add(
        actor=None, agency=agency, name=business.name, industry=business.industry, time_zone=business.zone,
        currency=business.currency, country=business.country, is_demo=True,
    )
    with tenant(organization.id):
        site = site_create(
            actor=None, name=business.name,
            domains=[urlsplit(origin_of(business)).hostname or ""],
            settings=SiteSettings(consent=ConsentMode.ON_CONSENT),
        )
        _wanted(site, business)
        if business is KESTREL:
            destinations_add(site)
        searches_add(site, business)
        began = (timezone.now() - HISTORY).replace(minute=0, second=0, microsecond=0)
        DemoLoad(organization=organization, business=business.key, site=site, loaded_until=began).save()
    return organization


def _wanted(site: Site, business: Business) -> None:
    """Two goals, a funnel and a segment, made as their owner would."""
    if business.wish:
        goal_create(
            actor=None, site=site, name=business.wish.replace("_", " ").capitalize(), kind=GoalKind.EVENT,
            value=business.wish, is_conversion=True,
        )
    if business.shop:
        goal_create(actor=None, site=site, name="Product looked at", kind=GoalKind.EVENT, value="view_item")
        goal_create(actor=None, site=site, name="Large order", kind=GoalKind.REVENUE, amount=500)
        names = ("view_item", "add_to_cart", "begin_checkout", "purchase")
        labels = ("Product looked at", "In the cart", "Checkout", "Paid")
        steps = [StepSpec(RuleKind.EVENT, value=name, label=label) for name, label in zip(names, labels, strict=True)]
        funnel_create(actor=None, site=site, name="Way to an order", steps=steps)
    else:
        page = max(business.pages, key=lambda path: (path != "/", business.pages[path]))
        goal_create(actor=None, site=site, name=f"Read {page}", kind=GoalKind.PAGE, value=page)
        steps = [StepSpec(value=page), StepSpec(RuleKind.EVENT, value=business.wish)]
        funnel_create(actor=None, site=site, name="From reading to asking", steps=steps)
    segment_create(
        actor=None, site=site, name="Search on a phone", is_shared=True,
        filters=["channel:is:organic_search", "device:is:mobile"],
    )
