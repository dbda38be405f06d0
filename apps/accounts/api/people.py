"""The team through the API."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import assignables
from apps.accounts.enums import InvitationKind, InvitationState, Role
from apps.accounts.models import ClientAssignment, Invitation, Membership
from apps.accounts.services import invitations, team
from apps.accounts.tenant_api.views import ChangeMixin, TenantViewSet
from apps.core.api.filters import Filter

_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class MemberOut(serializers.ModelSerializer):
    """A member of the team. `objects` (such as `site:4`) and `clients` are what they look after."""

    email = serializers.EmailField(source="user.email", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    has_second_factor = serializers.BooleanField(read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "email", "name", "role", "is_active", "has_second_factor", "joined_at", "last_seen_at")
        read_only_fields = ("joined_at", "last_seen_at")


class MemberFull(MemberOut):
    """With what they look after."""

    objects = serializers.ListField(child=serializers.CharField(max_length=80), max_length=500, required=False)
    clients = serializers.ListField(child=serializers.IntegerField(), max_length=500, required=False)

    class Meta(MemberOut.Meta):
        fields = (*MemberOut.Meta.fields, "objects", "clients")

    def to_representation(self, member: Membership) -> dict[str, Any]:
        """Read the assignments beside the row."""
        rows = ClientAssignment.objects.filter(membership=member).order_by("client_id")
        objects = assignables.assigned([member.user])[member.user_id]
        clients = list(rows.values_list("client_id", flat=True))
        return {**MemberOut(member).data, "objects": objects, "clients": clients}


class MemberViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ChangeMixin, TenantViewSet):
    """Members: who may do what. Deactivating is `is_active: false`."""

    model = Membership
    lookup_value_regex = r"\d{1,18}"
    rights = {"list": "team.view", "retrieve": "team.view", "partial_update": "team.manage"}
    ordering = "pk"
    ordering_fields = ("joined_at",)
    filter_fields = {
        "role": Filter("role", serializers.ChoiceField(Role.choices)),
        "is_active": Filter("is_active", serializers.BooleanField()),
    }

    def get_serializer_class(self) -> type[MemberOut]:
        """Assignments are shown with one member, not in the list."""
        return MemberOut if self.action == "list" else MemberFull

    def rows(self) -> QuerySet[Membership]:
        """With the person and whether they have a second factor."""
        factor = Authenticator.objects.filter(user=OuterRef("user"), type__in=_FACTORS)
        return Membership.objects.select_related("user").annotate(has_second_factor=Exists(factor))

    def perform_update(self, serializer: MemberFull) -> None:
        """Role and assignments together; then open or close the door."""
        given, member = dict(serializer.validated_data), serializer.instance
        present = serializer.to_representation(member)
        common = {"actor": self.actor, "acting": self.membership, "membership": member}
        team.member_change(
            **common,
            role=given.get("role", member.role),
            objects=given.get("objects", present["objects"]),
            client_ids=given.get("clients", present["clients"]),
        )
        if given.get("is_active") is not None:
            (team.member_reactivate if given["is_active"] else team.member_deactivate)(**common)
        serializer.instance = self.rows().get(pk=member.pk)


class InvitationOut(serializers.ModelSerializer):
    """An invitation by e-mail. The link is only in the mail."""

    state = serializers.ChoiceField(InvitationState.choices, read_only=True)
    objects = serializers.ListField(
        source="grants", child=serializers.CharField(max_length=80), max_length=500, required=False
    )
    clients = serializers.ListField(
        source="client_ids", child=serializers.IntegerField(), max_length=500, required=False
    )

    class Meta:
        model = Invitation
        fields = ("id", "email", "role", "objects", "clients", "state", "created_at", "expires_at", "sent_at")
        read_only_fields = ("created_at", "expires_at", "sent_at")
        extra_kwargs = {"role": {"required": True}}


class InvitationViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin, TenantViewSet
):
    """Invitations to the team. Deleting one withdraws it."""

    model = Invitation
    serializer_class = InvitationOut
    lookup_value_regex = r"\d{1,18}"
    rights = {
        "list": "team.view", "retrieve": "team.view", "create": "team.manage", "destroy": "team.manage",
        "resend": "team.manage",
    }  # fmt: skip
    ordering = "-created_at"

    def rows(self) -> QuerySet[Invitation]:
        """Those to the team; an agency's questions to clients are not among them."""
        return Invitation.objects.filter(kind=InvitationKind.MEMBER)

    def perform_create(self, serializer: InvitationOut) -> None:
        """Send it."""
        given = serializer.validated_data
        serializer.instance = invitations.invitation_send(
            actor=self.actor, acting=self.membership, email=given["email"], role=given["role"],
            objects=given.get("grants", ()), client_ids=given.get("client_ids", ()),
        )  # fmt: skip

    def perform_destroy(self, instance: Invitation) -> None:
        """Withdraw it."""
        invitations.invitation_revoke(actor=self.actor, invitation=instance)

    @extend_schema(summary="Send an invitation again", request=None, responses=InvitationOut)
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, **kwargs: Any) -> Response:
        """With a new link and seven new days."""
        invitation = self.get_object()
        invitations.invitation_resend(actor=self.actor, invitation=invitation)
        invitation.refresh_from_db()
        return Response(InvitationOut(invitation).data, status=status.HTTP_200_OK)
