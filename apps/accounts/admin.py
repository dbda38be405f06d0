"""People and organizations for staff. Secrets are not shown, and the audit log can only be read."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from apps.accounts.models import (
    ApiKey,
    ApiKeyUsage,
    AuditEntry,
    ClientAssignment,
    FormerAddress,
    Invitation,
    Membership,
    Organization,
    SingleSignOn,
    User,
)
from apps.core.admin_base import PlainInline, ReadOnlyAdmin, StaffAdmin

# What packages register themselves shows sessions and tokens one could use, or is kept in the environment here.
admin.site.unregister((Group, SocialApp, SocialToken, SocialAccount, Authenticator, UserSession))
admin.site.unregister((OutstandingToken, BlacklistedToken))


class FormerAddressInline(PlainInline):
    """Where an organization was found before."""

    model = FormerAddress
    readonly_fields = ("slug", "left_at")
    can_delete = False


@admin.register(Organization)
class OrganizationAdmin(StaffAdmin):
    """Businesses and agencies. They are made and deleted by their owners."""

    list_display = ("name", "slug", "kind", "agency", "plan", "country", "created_at", "delete_after")
    list_filter = ("kind", "plan", "is_demo")
    list_select_related = ("agency",)
    search_fields = ("name", "slug")
    ordering = ("-id",)
    readonly_fields = ("created_at", "is_demo", "delete_after")
    inlines = (FormerAddressInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An organization needs an owner; sign-up makes both."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deletion is the owner's, with its days of grace."""
        return False


@admin.register(FormerAddress)
class FormerAddressAdmin(ReadOnlyAdmin):
    """Addresses that lead to where an organization is now."""

    list_display = ("slug", "organization", "left_at")
    list_select_related = ("organization",)
    search_fields = ("slug",)
    ordering = ("-id",)


@admin.register(User)
class UserAdmin(StaffAdmin):
    """People. Passwords are theirs; staff can switch a person off and on."""

    list_display = ("email", "name", "language", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "language")
    search_fields = ("email", "name")
    ordering = ("-id",)
    exclude = ("password", "groups", "user_permissions")
    readonly_fields = ("date_joined", "last_login")
    actions = ("switch_off",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People sign up or are invited."""
        return False

    @admin.action(description=_("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Nobody signs in with these any more; staff do not switch themselves off."""
        count = queryset.exclude(pk=request.user.pk).update(is_active=False)
        words = ngettext("%(count)s person was switched off.", "%(count)s people were switched off.", count)
        self.message_user(request, words % {"count": count}, messages.SUCCESS)


@admin.register(Membership)
class MembershipAdmin(StaffAdmin):
    """Who works where."""

    list_display = ("id", "organization", "user", "role", "is_active", "joined_at", "last_seen_at")
    list_filter = ("role", "is_active")
    list_select_related = ("organization", "user")
    search_fields = ("organization__name", "organization__slug", "user__email")
    ordering = ("-id",)
    readonly_fields = ("organization", "user", "joined_at", "last_seen_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """By invitation."""
        return False


@admin.register(ClientAssignment)
class ClientAssignmentAdmin(ReadOnlyAdmin):
    """Which of an agency's people look after which client."""

    list_display = ("id", "organization", "membership_id", "client")
    list_select_related = ("organization", "client")
    search_fields = ("organization__name", "client__name")
    ordering = ("-id",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Open hands. The links themselves are nobody's but the invited person's."""

    list_display = ("id", "email", "organization", "kind", "role", "created_at", "expires_at", "accepted_at")
    list_filter = ("kind", "role")
    list_select_related = ("organization",)
    search_fields = ("email", "organization__name")
    ordering = ("-id",)
    exclude = ("nonce", "token_hash")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys without their secrets; staff can end one."""

    list_display = ("id", "name", "prefix", "organization", "user", "created_at", "expires_at", "last_used_at")
    list_select_related = ("organization", "user")
    search_fields = ("handle", "name", "organization__name")
    ordering = ("-id",)
    exclude = ("secret_hash",)
    actions = ("revoke",)

    @admin.action(description=_("Revoke"), permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """End the keys at once."""
        count = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        words = ngettext("%(count)s key was revoked.", "%(count)s keys were revoked.", count)
        self.message_user(request, words % {"count": count}, messages.SUCCESS)


@admin.register(ApiKeyUsage)
class ApiKeyUsageAdmin(ReadOnlyAdmin):
    """Calls a day."""

    list_display = ("id", "key", "organization", "day", "calls")
    list_select_related = ("organization", "key")
    date_hierarchy = "day"
    ordering = ("-id",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The audit log, which not even the database lets anyone change."""

    list_display = ("at", "organization", "action", "actor_name", "object_kind", "object_name", "ip")
    list_filter = ("action",)
    list_select_related = ("organization",)
    search_fields = ("actor_name", "object_name", "request_id", "organization__name")
    ordering = ("-id",)


@admin.register(SingleSignOn)
class SingleSignOnAdmin(ReadOnlyAdmin):
    """Organizations' own sign-in, without its secret."""

    list_display = ("name", "organization", "issuer", "is_enabled", "created_at")
    list_filter = ("is_enabled",)
    list_select_related = ("organization",)
    search_fields = ("name", "issuer", "organization__name")
    ordering = ("-id",)
    exclude = ("secrets",)


class TakenAwayOnlyAdmin(ReadOnlyAdmin):
    """What a person set up for signing in: staff can look at it and take it away, for somebody who is locked out."""

    list_select_related = ("user",)
    ordering = ("-id",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may delete such rows at all."""
        return request.user.has_perm(f"{self.opts.app_label}.delete_{self.opts.model_name}")


@admin.register(Authenticator)
class AuthenticatorAdmin(TakenAwayOnlyAdmin):
    """Second factors and passkeys, without their keys."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__email",)
    exclude = ("data",)


@admin.register(SocialAccount)
class SocialAccountAdmin(TakenAwayOnlyAdmin):
    """Accounts at Google, Microsoft and organizations' own providers that people sign in with."""

    list_display = ("user", "provider", "uid", "last_login", "date_joined")
    list_filter = ("provider",)
    search_fields = ("user__email", "uid")
    exclude = ("extra_data",)


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    """Where people are signed in, without the keys one could walk in with."""

    list_display = ("user", "ip", "user_agent", "created_at", "last_seen_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "ip")
    ordering = ("-id",)
    exclude = ("session_key", "data")
    actions = ("end",)

    @admin.action(description=_("Sign out"), permissions=["view"])
    def end(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        """End the sessions at once."""
        for row in queryset:
            row.end()


@admin.register(OutstandingToken)
class OutstandingTokenAdmin(ReadOnlyAdmin):
    """Refresh tokens that were given out, without the tokens."""

    list_display = ("jti", "user", "created_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "jti")
    ordering = ("-id",)
    exclude = ("token",)


@admin.register(BlacklistedToken)
class BlacklistedTokenAdmin(ReadOnlyAdmin):
    """Refresh tokens that were used up or taken back."""

    list_display = ("token_id", "blacklisted_at")
    ordering = ("-id",)
    exclude = ("token",)
