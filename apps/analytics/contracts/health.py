"""Events about tracking itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.core.events import event


@event("analytics.pipeline_behind", aggregate="organization_id", label=_("Counting is behind"))
@dataclass(frozen=True, slots=True)
class PipelineBehind:
    """Events of this organization were accepted and have waited to be counted for `seconds`. None is lost."""

    organization_id: int
    seconds: int


@event("analytics.pipeline_recovered", aggregate="organization_id", label=_("Counting has caught up"))
@dataclass(frozen=True, slots=True)
class PipelineRecovered:
    """What had waited is counted; it was behind for `minutes`."""

    organization_id: int
    minutes: int


@event("analytics.disk_nearly_full", aggregate="organization_id", label=_("Disk nearly full"))
@dataclass(frozen=True, slots=True)
class DiskNearlyFull:
    """The machine has little room left; told where the people are who run the installation."""

    organization_id: int
    percent: int


@event("analytics.quality_fell", aggregate="site_id", label=_("Data quality fell"))
@dataclass(frozen=True, slots=True)
class QualityFell:
    """A site's score lies well below what it usually is."""

    organization_id: int
    site_id: int
    name: str
    score: int
    usual: int
