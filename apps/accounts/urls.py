"""Addresses of the accounts floor."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from apps.accounts.views import audit, clients, invitations, keys, person, settings, single_sign_on, start, team

app_name = "accounts"

_settings: list[URLPattern | URLResolver] = [
    path("", settings.GeneralView.as_view(), name="settings"),
    path("brand/", settings.BrandView.as_view(), name="brand"),
    path("agency/leave/", settings.AgencyLeaveView.as_view(), name="agency-leave"),
    path("team/", team.TeamView.as_view(), name="team"),
    path("team/leave/", team.LeaveView.as_view(), name="leave"),
    path("team/transfer/", team.TransferView.as_view(), name="transfer"),
    path("team/<int:member_id>/", team.MemberView.as_view(), name="member"),
    path("team/<int:member_id>/deactivate/", team.MemberActView.as_view(act="deactivate"), name="member-deactivate"),
    path("team/<int:member_id>/reactivate/", team.MemberActView.as_view(act="reactivate"), name="member-reactivate"),
    path(
        "invitations/<int:invitation_id>/resend/",
        team.InvitationActView.as_view(act="resend"),
        name="invitation-resend",
    ),
    path(
        "invitations/<int:invitation_id>/revoke/",
        team.InvitationActView.as_view(act="revoke"),
        name="invitation-revoke",
    ),
    path("api-keys/", keys.KeysView.as_view(), name="keys"),
    path("api-keys/<int:key_id>/revoke/", keys.KeyRevokeView.as_view(), name="key-revoke"),
    path("security/", settings.SecurityView.as_view(), name="security"),
    path("security/sso/", settings.SingleSignOnView.as_view(), name="sso"),
    path("security/sso/remove/", settings.SingleSignOnRemoveView.as_view(), name="sso-remove"),
    path("audit/", audit.AuditView.as_view(), name="audit"),
    path("audit/csv/", audit.AuditCsvView.as_view(), name="audit-csv"),
]

_organization: list[URLPattern | URLResolver] = [
    path("settings/", include(_settings)),
    path("accent.css", settings.AccentView.as_view(), name="accent"),
    path("onboarding/hide/", settings.OnboardingHideView.as_view(), name="onboarding-hide"),
    path("clients/", clients.ClientsView.as_view(), name="clients"),
    path("clients/new/", clients.ClientNewView.as_view(), name="client-new"),
    path("clients/invite/", clients.ClientInviteView.as_view(), name="client-invite"),
    path("clients/<int:client_id>/release/", clients.ClientReleaseView.as_view(), name="client-release"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", start.RootView.as_view(), name="root"),
    path("organizations/new/", start.OrganizationNewView.as_view(), name="organization-new"),
    path("organizations/new/place/", start.place_fields, name="place-fields"),
    path("demo/sign-in/", start.demo_sign_in, name="demo-sign-in"),
    path("media/logos/<str:name>", start.logo, name="logo"),
    path("invitations/<str:token>/", invitations.InvitationView.as_view(), name="invitation"),
    path("account/", person.ProfileView.as_view(), name="profile"),
    path("accounts/oidc/<slug:provider_id>/login/", single_sign_on.begin, name="oidc-login"),
    path("accounts/oidc/<slug:provider_id>/login/callback/", single_sign_on.come_back, name="oidc-callback"),
    path("accounts/sessions/", person.DevicesView.as_view(), name="devices"),
    path("account/devices/<int:session_id>/end/", person.DeviceEndView.as_view(), name="device-end"),
    path(
        "account/second-factor/<int:organization_id>/",
        person.SecondFactorRequiredView.as_view(),
        name="second-factor-required",
    ),
    path("account/other-sign-in/", person.OtherSignInView.as_view(), name="other-sign-in"),
    path("o/<slug:slug>/", include(_organization)),
]
