"""Addresses of web analytics, under `/o/<slug>/traffic/`."""

from __future__ import annotations

from django.urls import include, path

from apps.analytics import urls_imports, urls_journeys, urls_searches, urls_sharing
from apps.analytics.views.breakdown import BreakdownCsv, BreakdownPage
from apps.analytics.views.companies import CompanyCsv, CompanyList, CompanyRulesPage
from apps.analytics.views.company import CompanyAction, CompanyDetail, CompanyEdit, CompanyMerge
from apps.analytics.views.company_crm import CompanyCrm, CompanyCrmAgain, CompanyCrmChoose, CompanySend
from apps.analytics.views.destinations import (
    DeliveryPage,
    DestinationAction,
    DestinationEdit,
    DestinationList,
    DestinationNew,
    DestinationPage,
    DestinationTry,
)
from apps.analytics.views.install import CheckNow, InstallPage
from apps.analytics.views.live_events import LiveAll, LiveEvent, LiveEvents
from apps.analytics.views.monitoring import Monitoring, MonitoringErrors, MonitoringInstallation, MonitoringReplay
from apps.analytics.views.quality import QualityList, SiteQuality, SiteQualityHost
from apps.analytics.views.site_companies import SiteCompanies
from apps.analytics.views.site_page import SitePage
from apps.analytics.views.sites import SiteAction, SiteDelete, SiteList, SiteNew, SiteSettingsPage
from apps.analytics.views.visitor import VisitorJson, VisitorPage

app_name = "analytics"
_SITE = "o/<slug:slug>/traffic/<slug:script_id>/"
urlpatterns = [
    path("o/<slug:slug>/traffic/", SiteList.as_view(), name="site-list"),
    path("o/<slug:slug>/traffic/new/", SiteNew.as_view(), name="site-new"),
    path("o/<slug:slug>/traffic/live/", LiveAll.as_view(), name="live"),
    path("o/<slug:slug>/companies/", CompanyList.as_view(), name="company-list"),
    path("o/<slug:slug>/companies.csv", CompanyCsv.as_view(), name="company-csv"),
    path("o/<slug:slug>/companies/settings/", CompanyRulesPage.as_view(), name="company-rules"),
    path("o/<slug:slug>/companies/send/", CompanySend.as_view(), name="company-send"),
    path("o/<slug:slug>/companies/crm/", CompanyCrm.as_view(), name="company-crm"),
    path("o/<slug:slug>/companies/crm/again/", CompanyCrmAgain.as_view(), name="company-crm-again"),
    path("o/<slug:slug>/companies/crm/<int:pk>/choose/", CompanyCrmChoose.as_view(), name="company-crm-choose"),
    path("o/<slug:slug>/companies/<int:pk>/", CompanyDetail.as_view(), name="company"),
    path("o/<slug:slug>/companies/<int:pk>/edit/", CompanyEdit.as_view(), name="company-edit"),
    path("o/<slug:slug>/companies/<int:pk>/do/", CompanyAction.as_view(), name="company-action"),
    path("o/<slug:slug>/companies/<int:pk>/merge/", CompanyMerge.as_view(), name="company-merge"),
    path(f"{_SITE}companies/", SiteCompanies.as_view(), name="site-companies"),
    path(_SITE, SitePage.as_view(), name="site"),
    path(f"{_SITE}by/<slug:by>/", BreakdownPage.as_view(), name="site-breakdown"),
    path(f"{_SITE}by/<slug:by>.csv", BreakdownCsv.as_view(), name="site-breakdown-csv"),
    path(f"{_SITE}live/", LiveEvents.as_view(), name="site-live"),
    path(f"{_SITE}live/event/", LiveEvent.as_view(), name="site-live-event"),
    path(f"{_SITE}install/", InstallPage.as_view(), name="site-install"),
    path(f"{_SITE}install/check/", CheckNow.as_view(), name="site-check"),
    path(f"{_SITE}settings/", SiteSettingsPage.as_view(), name="site-settings"),
    path(f"{_SITE}settings/visitor/", VisitorPage.as_view(), name="site-visitor"),
    path(f"{_SITE}settings/visitor.json", VisitorJson.as_view(), name="site-visitor-json"),
    path(f"{_SITE}destinations/", DestinationList.as_view(), name="destinations"),
    path(f"{_SITE}destinations/new/<slug:provider>/", DestinationNew.as_view(), name="destination-new"),
    path(f"{_SITE}destinations/<int:pk>/", DestinationPage.as_view(), name="destination"),
    path(f"{_SITE}destinations/<int:pk>/edit/", DestinationEdit.as_view(), name="destination-edit"),
    path(f"{_SITE}destinations/<int:pk>/try/", DestinationTry.as_view(), name="destination-try"),
    path(f"{_SITE}destinations/<int:pk>/do/", DestinationAction.as_view(), name="destination-action"),
    path(f"{_SITE}destinations/<int:pk>/events/<int:delivery>/", DeliveryPage.as_view(), name="delivery"),
    path("o/<slug:slug>/monitoring/", Monitoring.as_view(), name="monitoring"),
    path("o/<slug:slug>/monitoring/errors/", MonitoringErrors.as_view(), name="monitoring-errors"),
    path("o/<slug:slug>/monitoring/errors/replay/", MonitoringReplay.as_view(), name="monitoring-replay"),
    path("o/<slug:slug>/monitoring/installation/", MonitoringInstallation.as_view(), name="monitoring-installation"),
    path("o/<slug:slug>/data-quality/", QualityList.as_view(), name="quality-list"),
    path(f"{_SITE}quality/", SiteQuality.as_view(), name="site-quality"),
    path(f"{_SITE}quality/host/", SiteQualityHost.as_view(), name="site-quality-host"),
    path(_SITE, include(urls_journeys.urlpatterns)),
    path(_SITE, include(urls_searches.urlpatterns)),
    path(_SITE, include(urls_sharing.urlpatterns)),
    *urls_sharing.public,
    path(_SITE, include(urls_imports.urlpatterns)),
    path(f"{_SITE}do/", SiteAction.as_view(), name="site-action"),
    path(f"{_SITE}delete/", SiteDelete.as_view(), name="site-delete"),
]
