"""Organizations through the API, and an agency's clients."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import organizations_of
from apps.accounts.containment import is_contained, may_enter
from apps.accounts.enums import OrganizationKind
from apps.accounts.forms.organization import INDUSTRIES
from apps.accounts.geography import countries, currencies, is_time_zone
from apps.accounts.models import ApiKey, Organization, User
from apps.accounts.selectors.clients import clients_of
from apps.accounts.services.clients import client_create
from apps.accounts.services.organizations import organization_create, organization_update, slug_is_free
from apps.accounts.tenant_api.views import TenantAPIView
from apps.core.api.paging import CursorPage
from apps.core.api.problems import Problem
from apps.core.api.views import ApiView


class OrganizationOut(serializers.ModelSerializer):
    """An organization. Days begin in its time zone, money is in its currency."""

    slug = serializers.SlugField(max_length=60, required=False)
    industry = serializers.ChoiceField(
        choices=[key for key, _name in INDUSTRIES if key], allow_blank=True, required=False
    )
    agency = serializers.SlugRelatedField(slug_field="slug", read_only=True, allow_null=True)

    class Meta:
        model = Organization
        fields = (
            "id", "slug", "name", "kind", "industry", "time_zone", "currency", "country", "accent",
            "require_second_factor", "idle_timeout_minutes", "agency", "created_at",
        )  # fmt: skip
        read_only_fields = ("id", "created_at", "require_second_factor", "idle_timeout_minutes")

    def validate_slug(self, slug: str) -> str:
        """Lower case, and nobody else's now or before."""
        if not slug_is_free(slug.lower(), self.instance):
            raise serializers.ValidationError(_("This address is taken. Please choose another."))
        return slug.lower()

    def validate_time_zone(self, name: str) -> str:
        """One that days can be counted in."""
        if not is_time_zone(name):
            raise serializers.ValidationError(_("Please choose a zone from the list, such as Europe/Berlin."))
        return name

    def validate_currency(self, code: str) -> str:
        """One in use today."""
        if code not in dict(currencies()):
            raise serializers.ValidationError(_("This is not a currency in use."))
        return code

    def validate_country(self, code: str) -> str:
        """Empty, or two letters of a country."""
        if code and code not in dict(countries()):
            raise serializers.ValidationError(_("This is not a country's code."))
        return code


class OrganizationNew(OrganizationOut):
    """What is needed to make one."""

    class Meta(OrganizationOut.Meta):
        fields = ("slug", "name", "kind", "industry", "time_zone", "currency", "country")
        extra_kwargs = {"time_zone": {"required": True}, "currency": {"required": True}}


class ClientNew(OrganizationNew):
    """A new client; its own person, if named, is invited as owner."""

    owner_email = serializers.EmailField(max_length=254, required=False)

    class Meta(OrganizationNew.Meta):
        fields = ("slug", "name", "industry", "time_zone", "currency", "country", "owner_email")


class OrganizationsView(ApiView):
    """Organizations the caller can enter."""

    permission_classes = [IsAuthenticated]
    pagination_class = CursorPage
    ordering = "name"

    @extend_schema(summary="List my organizations", responses=OrganizationOut(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """All of them, with an agency's clients; a key has one."""
        if isinstance(request.auth, ApiKey):
            found = [request.auth.organization]
        else:
            mine = organizations_of(request.user).select_related("agency")
            found = [one for one in mine if may_enter(request._request.session, one)]
        return Response(OrganizationOut(found, many=True).data)

    @extend_schema(summary="Make an organization", request=OrganizationNew, responses={201: OrganizationOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """The caller becomes its owner."""
        if not isinstance(request.user, User) or (request.auth is not None and isinstance(request.auth, ApiKey)):
            raise Problem(403, "no-permission", _("Sign in as a person to make an organization."))
        if is_contained(request._request.session):
            raise Problem(403, "no-permission", _("Sign in another way to do this."))
        given = OrganizationNew(data=request.data)
        given.is_valid(raise_exception=True)
        made = organization_create(user=request.user, **given.validated_data)
        return Response(OrganizationOut(made).data, status=status.HTTP_201_CREATED)


class OrganizationView(TenantAPIView):
    """One organization."""

    rights = {"get": "organization.view", "patch": "organization.edit"}

    @extend_schema(summary="Read an organization", responses=OrganizationOut)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Its settings."""
        return Response(OrganizationOut(self.organization).data)

    @extend_schema(summary="Change an organization", request=OrganizationOut, responses=OrganizationOut)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change what was sent."""
        given = OrganizationOut(self.organization, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        changed = organization_update(actor=self.actor, organization=self.organization, **given.validated_data)
        return Response(OrganizationOut(changed).data)


class ClientsView(TenantAPIView):
    """Clients of an agency."""

    rights = {"get": "client.view", "post": "client.manage"}

    def enter(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A business has no clients."""
        super().enter(request, *args, **kwargs)
        if self.organization.kind != OrganizationKind.AGENCY:
            raise Http404

    @extend_schema(summary="List clients", responses=OrganizationOut(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Those the caller looks after."""
        found = clients_of(self.membership).select_related("agency").order_by("name", "id")
        return Response(OrganizationOut(found, many=True).data)

    @extend_schema(summary="Add a client", request=ClientNew, responses={201: OrganizationOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """A new organization under the agency."""
        given = ClientNew(data=request.data)
        given.is_valid(raise_exception=True)
        made = client_create(
            actor=self.actor, acting=self.membership, agency=self.organization, **given.validated_data
        )
        return Response(OrganizationOut(made).data, status=status.HTTP_201_CREATED)
