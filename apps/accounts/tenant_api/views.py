"""`TenantAPIView` and `TenantViewSet`: one organization around the whole request, one right for each act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from apps.accounts.access import membership_in, require, visible
from apps.accounts.containment import needs_second_factor
from apps.accounts.models import ApiKey, Membership, Organization, User
from apps.accounts.tenant_api.short import organization_meant
from apps.core.api import etags
from apps.core.api.problems import Problem
from apps.core.api.views import Frame
from apps.core.tenancy import tenant


def _acting(request: Request, organization: Organization) -> Membership | None:
    """What the caller is in the organization: a key's own standing, or the person's."""
    if isinstance(request.auth, ApiKey):
        return request.auth.membership() if request.auth.organization_id == organization.pk else None
    return membership_in(request.user, organization)


class TenantFrame(Frame):
    """`rights` says which right each method (API view) or action (view set) needs; what is not in it is not served.

    The organization is the `slug` of the address; a short address has none (`short.py`).
    A stranger, and a key of another organization, get 404.
    """

    rights: ClassVar[Mapping[str, str]] = {}
    organization: Organization
    membership: Membership

    @property
    def access_action(self) -> str:
        """The right this request needs."""
        name = getattr(self, "action", None) or (self.request.method or "").lower()
        if name not in self.rights and name == "head":
            name = "get"
        if name not in self.rights:
            raise MethodNotAllowed(self.request.method or "")
        return self.rights[name]

    def enter(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Enter the organization, then ask for the right."""
        action = self.access_action
        organization = self._organization(request)
        membership = _acting(request, organization)
        if membership is None:
            raise Http404
        if not isinstance(request.auth, ApiKey) and needs_second_factor(request._request, organization, membership):
            raise Problem(403, "second-factor-required", _("This organization asks for a second factor. Set one up."))
        self.organization, self.membership = organization, membership
        request._request.organization = organization
        request._request.membership = membership
        self.scope.enter_context(tenant(organization.pk))
        require(request.user, action, membership=membership)
        if isinstance(request.auth, ApiKey) and not request.auth.allows(action):
            raise PermissionDenied(_("This key's scopes do not cover this."))

    def _organization(self, request: Request) -> Organization:
        if "slug" not in self.kwargs:
            return organization_meant(request)
        found = Organization.objects.filter(slug=self.kwargs["slug"], delete_after=None).first()
        if found is None:
            raise Http404
        return found

    @property
    def actor(self) -> User | ApiKey:
        """Who to write down as having done it: the person, or the key they sent."""
        return self.request.auth if isinstance(self.request.auth, ApiKey) else self.request.user

    @property
    def person(self) -> User | None:
        """Whose preferences count; None for a key of the organization itself."""
        return self.request.user if isinstance(self.request.user, User) else None

    def require_for(self, obj: Model) -> None:
        """Ask for the request's right over one object."""
        require(self.request.user, self.access_action, obj, membership=self.membership)


class TenantAPIView(TenantFrame, APIView):
    """A door of an organization that is not a list of rows."""


class TenantViewSet(TenantFrame, GenericViewSet):
    """Rows of one tenant model. Combine with DRF's mixins and `ChangeMixin`; writes override `perform_create`,
    `perform_update` and `perform_destroy` and call a service. `seen_by` is the right that decides which rows a person
    sees at all (the one of `retrieve` or `list`).
    """

    model: ClassVar[type[Model]]

    @property
    def seen_by(self) -> str:
        """The right that makes a row visible: without it, a row is as good as absent."""
        return self.rights.get("retrieve") or self.rights["list"]

    def rows(self) -> QuerySet[Any]:
        """All rows of the organization; override to join what the serializer reads."""
        return self.model.objects.all()  # type: ignore[attr-defined]

    def get_queryset(self) -> QuerySet[Any]:
        """The rows this person may see."""
        if getattr(self, "swagger_fake_view", False):
            return self.model._base_manager.none()
        return visible(self.request.user, self.seen_by, self.rows(), membership=self.membership)

    def get_object(self) -> Any:
        """The row of the address: 404 when it cannot be seen, 403 when seen but not to be changed, 412 when stale."""
        rows = self.get_queryset()
        if self.in_transaction:
            rows = rows.select_for_update(of=("self",))
        field = self.lookup_url_kwarg or self.lookup_field
        try:
            obj = get_object_or_404(rows, **{self.lookup_field: self.kwargs[field]})
        except (TypeError, ValueError, OverflowError) as error:
            raise Http404 from error
        self.require_for(obj)
        if self.request.method not in etags.SAFE:
            etags.require_match(self.request, self.get_serializer(obj).data)
        return obj


class ChangeMixin:
    """PATCH alone: what is not sent stays as it is. Override `perform_update`."""

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what was sent."""
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)  # type: ignore[attr-defined]
        serializer.is_valid(raise_exception=True)
        self.perform_update(serializer)
        return Response(serializer.data)

    def perform_update(self, serializer: Any) -> None:
        """Save; services do it instead in real doors."""
        serializer.save()
