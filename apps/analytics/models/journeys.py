"""What owners want to know of their visitors: goals, funnels, and saved filters."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import FunnelWindow, GoalKind, TextMatch
from apps.analytics.models.site import Site
from apps.core.models import TenantModel


class Goal(TenantModel):
    """Something a site wants its visitors to do, counted by the pipeline under this row's id.

    A page goal holds `value` against the path of a page view, an event goal against the event's name, and against a
    property of it where `prop_name` is given. A revenue goal is a purchase of at least `amount` in the organization's
    currency. `job_id` is the request to count the past that was made when the goal was last changed.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="goals", verbose_name=_("site"))
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("what is reached"), max_length=10, choices=GoalKind, default=GoalKind.PAGE)
    match = models.CharField(_("how it is compared"), max_length=10, choices=TextMatch, default=TextMatch.IS)
    value = models.CharField(_("page or event"), max_length=500, blank=True)
    prop_name = models.CharField(_("property"), max_length=300, blank=True)
    prop_value = models.CharField(_("value of the property"), max_length=500, blank=True)
    amount = models.DecimalField(_("worth at least"), max_digits=18, decimal_places=4, null=True, blank=True)
    is_conversion = models.BooleanField(_("counts as a conversion"), default=False)
    job_id = models.BigIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        abstract = False
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="goal_name_once")]

    def __str__(self) -> str:
        return self.name


class Funnel(TenantModel):
    """Steps that visitors of a site take one after the other.

    `steps` is a list of `{kind, match, value, prop_name, prop_value, label}`, as `contracts.journeys.StepSpec` has it;
    a step that is a goal holds the goal's id.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="funnels", verbose_name=_("site"))
    name = models.CharField(_("name"), max_length=80)
    steps = models.JSONField(default=list)
    window = models.CharField(_("time for all steps"), max_length=5, choices=FunnelWindow, default=FunnelWindow.VISIT)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        abstract = False
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="funnel_name_once")]

    def __str__(self) -> str:
        return self.name


class Segment(TenantModel):
    """Filters under a name. Without a site it fits every site of the organization; a shared one is for all members,
    else it is its maker's alone. `filters` are written as in the address: `country:is:DE`."""

    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, related_name="segments", null=True, blank=True, verbose_name=_("site")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", null=True, blank=True,
        verbose_name=_("made by"),
    )
    name = models.CharField(_("name"), max_length=80)
    filters = models.JSONField(default=list)
    is_shared = models.BooleanField(_("for everybody"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        abstract = False
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["organization", "name"], name="segment_by_name")]

    def __str__(self) -> str:
        return self.name
