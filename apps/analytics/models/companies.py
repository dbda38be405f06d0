"""Businesses that visited. What is stored is the company; the address it was recognised by is not.

The pipeline writes companies and their visits in bulk, as it does the store; everything else is written by services.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.analytics.company_industries import Industry
from apps.analytics.enums import COMPANY_KINDS, Confidence, NetworkKind, Temperature
from apps.analytics.models.site import Site
from apps.core.encryption import EncryptedJSONField
from apps.core.models import TenantModel


def _owner() -> Any:
    return models.ForeignKey(
        settings.TENANT_MODEL, on_delete=models.CASCADE, related_name="+", editable=False, db_constraint=False,
        db_index=False,
    )


class Company(TenantModel):
    """A business seen by an organization. `key` says how it is recognised: `as:<number>` or `domain:<name>`.

    Counts, score and temperature are those of the last scoring. `own` names the fields the owner has set, which no
    look-up overwrites. `industry` is what is known; `industry_guess` is what the name suggests, by `industry_word`.
    A company whose kind is no company's (the owner said so) is not shown and not recognised again; visits of one that
    was merged go to the other.
    """

    key = models.CharField(max_length=270)
    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    industry_guess = models.CharField(max_length=13, choices=Industry, blank=True, default="", db_default="")
    industry_word = models.CharField(max_length=40, blank=True, default="", db_default="")
    size = models.CharField(_("size"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    network = models.BigIntegerField(null=True, blank=True)
    network_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=NetworkKind, default=NetworkKind.BUSINESS)
    confidence = models.CharField(max_length=6, choices=Confidence, default=Confidence.LOW)
    reason = models.CharField(max_length=12, default="plain")
    reason_detail = models.CharField(max_length=253, blank=True)
    own = models.JSONField(default=list, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    visits = models.IntegerField(default=0)
    pageviews = models.IntegerField(default=0)
    score = models.PositiveSmallIntegerField(default=0)
    temperature = models.CharField(max_length=4, choices=Temperature, default=Temperature.COLD)
    scored_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="merged")

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name_plural = "companies"
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="company_once")]
        indexes = [
            models.Index(fields=["organization", "-score"], name="company_by_score"),
            models.Index(fields=["organization", "-last_seen_at"], name="company_by_last_seen"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_company(self) -> bool:
        """Whether it is shown as one."""
        return self.kind in COMPANY_KINDS and self.merged_into_id is None


class CompanyVisit(TenantModel):
    """Which company a visit came from. Everything else about the visit stands in its session, once."""

    session_id = models.BigIntegerField(primary_key=True)
    organization = _owner()
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=12, choices=NetworkKind, default=NetworkKind.BUSINESS)

    class Meta(TenantModel.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["company"], name="company_visit_by_company"),
            models.Index(fields=["site"], name="company_visit_by_site"),
        ]

    def __str__(self) -> str:
        return f"visit {self.session_id} of company {self.company_id}"


class NetworkDay(TenantModel):
    """How many visits of a site came from each kind of network on a day (in the organization's zone)."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    day = models.DateField()
    kind = models.CharField(max_length=12, choices=NetworkKind)
    visits = models.IntegerField(default=0)

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["site", "day", "kind"], name="network_day_once")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.day} {self.kind}: {self.visits}"


class AddressLookup(TenantModel):
    """An address whose name is still to be asked for: encrypted, and gone within minutes whether or not it was."""

    session_id = models.BigIntegerField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    network = models.BigIntegerField(null=True)
    network_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=12, choices=NetworkKind)
    country = models.CharField(max_length=2, blank=True)
    address = EncryptedJSONField()
    seen_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        abstract = False
        indexes = [models.Index(fields=["created_at"], name="address_lookup_by_age")]

    def __str__(self) -> str:
        return f"look-up for visit {self.session_id}"


class LookupDay(TenantModel):
    """What became of the look-ups of a day (UTC): answered from memory, found, without a name, failed, too late."""

    day = models.DateField()
    remembered = models.IntegerField(default=0)
    found = models.IntegerField(default=0)
    nameless = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    expired = models.IntegerField(default=0)

    class Meta(TenantModel.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["organization", "day"], name="lookup_day_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.found} found, {self.failed} failed"


class CompanyScore(TenantModel):
    """A company's score at the end of a day (of the organization's zone), with the parts it was made of."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="scores")
    day = models.DateField()
    score = models.PositiveSmallIntegerField()
    temperature = models.CharField(max_length=4, choices=Temperature)
    parts = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        abstract = False
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["company", "day"], name="company_score_once_a_day")]

    def __str__(self) -> str:
        return f"{self.company_id} {self.day}: {self.score}"


def _weight(default: int, label: Any) -> Any:
    return models.PositiveSmallIntegerField(label, default=default, validators=[MaxValueValidator(100)])


def _threshold(default: int, label: Any) -> Any:
    limits = [MinValueValidator(1), MaxValueValidator(100)]
    return models.PositiveSmallIntegerField(label, default=default, validators=limits)


class CompanyRules(TenantModel):
    """How an organization weighs interest, and from where on a company is warm or hot."""

    frequency = _weight(25, _("How often"))
    depth = _weight(20, _("How many pages"))
    time = _weight(20, _("How long"))
    conversions = _weight(20, _("Conversions"))
    recency = _weight(15, _("How recently"))
    hot_from = _threshold(70, _("Hot from"))
    warm_from = _threshold(40, _("Warm from"))

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name_plural = "company rules"
        constraints = [models.UniqueConstraint(fields=["organization"], name="company_rules_once")]

    def __str__(self) -> str:
        return f"rules of organization {self.organization_id}"
