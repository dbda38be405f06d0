"""Doors of the accounts floor: oneself, organizations, team, clients, keys, audit log."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from apps.accounts.api import me, organizations, people, records

router = SimpleRouter()
router.register("members", people.MemberViewSet, basename="member")
router.register("invitations", people.InvitationViewSet, basename="invitation")
router.register("api-keys", records.KeyViewSet, basename="api-key")
router.register("audit", records.AuditViewSet, basename="audit")

urlpatterns = [
    path("me/", me.MeView.as_view(), name="me"),
    path("me/sessions/", me.SessionsView.as_view(), name="my-sessions"),
    path("me/sessions/<int:session_id>/", me.SessionView.as_view(), name="my-session"),
    path("organizations/", organizations.OrganizationsView.as_view(), name="organizations"),
]
tenant_urlpatterns = [
    path("", organizations.OrganizationView.as_view(), name="organization"),
    path("clients/", organizations.ClientsView.as_view(), name="clients"),
    path("", include(router.urls)),
]
