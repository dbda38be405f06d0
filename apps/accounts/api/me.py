"""The person who calls: name, language, look, devices."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.containment import is_contained
from apps.accounts.enums import Theme
from apps.accounts.models import User
from apps.accounts.selectors.people import devices_of
from apps.accounts.services.people import person_update, session_end
from apps.core.api.problems import Problem
from apps.core.api.views import ApiView


class Me(serializers.Serializer):
    """A person. Empty language or theme follows the browser."""

    id = serializers.IntegerField(read_only=True)
    email = serializers.EmailField(read_only=True)
    name = serializers.CharField(max_length=120, required=False)
    language = serializers.ChoiceField(
        choices=[code for code, _name in settings.LANGUAGES], allow_blank=True, required=False
    )
    theme = serializers.ChoiceField(
        choices=[value for value in Theme.values if value], allow_blank=True, required=False
    )


class DeviceOut(serializers.Serializer):
    """Where a person is signed in; the end of the network address is not kept."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    network = serializers.CharField()
    signed_in_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    is_current = serializers.BooleanField()


class PersonView(ApiView):
    """For people; an organization's own key is nobody."""

    permission_classes = [IsAuthenticated]

    def enter(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse keys of organizations, and sessions that speak for one organization only."""
        if not isinstance(request.user, User):
            raise Problem(403, "no-permission", _("This key belongs to no person."))

    def check_security(self, request: Request) -> None:
        """Devices are a matter of the whole account, which neither a key nor a company's login opens."""
        if request.auth is not None and hasattr(request.auth, "allows"):
            raise Problem(403, "no-permission", _("A key cannot do this; sign in."))
        if is_contained(request._request.session):
            raise Problem(403, "no-permission", _("Sign in another way to do this."))


class MeView(PersonView):
    """Oneself."""

    @extend_schema(summary="Who am I?", responses=Me)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Name and wishes."""
        return Response(Me(request.user).data)

    @extend_schema(summary="Change my name, language or look", request=Me, responses=Me)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change what was sent."""
        given = Me(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        user = request.user
        present = {"name": user.name, "language": user.language, "theme": user.theme}
        person_update(user=user, **{**present, **given.validated_data})
        return Response(Me(user).data)


class SessionsView(PersonView):
    """One's devices."""

    @extend_schema(summary="Where am I signed in?", responses=DeviceOut(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Live sessions, the one that asks first."""
        self.check_security(request)
        devices = devices_of(request.user, request._request.session.session_key)
        return Response(DeviceOut(devices, many=True).data)


class SessionView(PersonView):
    """One device."""

    @extend_schema(summary="Sign out a device", responses={204: None})
    def delete(self, request: Request, session_id: int, **kwargs: Any) -> Response:
        """End its session."""
        self.check_security(request)
        session_end(user=request.user, session=get_object_or_404(UserSession, pk=session_id, user=request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)
