"""Tokens for apps: sign in with password and second factor, refresh with rotation, sign out."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from apps.accounts.models import User
from apps.core.api.problems import Problem
from apps.core.api.views import ApiView
from apps.core.limits import Rate, spend

TRIES = Rate.parse("10/15m")  # a person's address, whoever asks


class SignIn(serializers.Serializer):
    """What proves a person."""

    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False, style={"input_type": "password"})
    code = serializers.CharField(max_length=20, required=False, help_text="From the authenticator, or a recovery code.")


class Tokens(serializers.Serializer):
    """A short token to act with, and a long one to get the next with."""

    access = serializers.CharField()
    refresh = serializers.CharField()


class Refresh(serializers.Serializer):
    """The long token."""

    refresh = serializers.CharField(max_length=4096)


class OpenView(ApiView):
    """A door for people who have not signed in yet; a session or key that comes along is not looked at."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    def get_authenticate_header(self, request: Request) -> str:
        """What a refused caller is told to bring."""
        return 'Bearer realm="api"'


class SignInView(OpenView):
    """Password, and the second factor when the person has one."""

    rate = "30/m"

    @extend_schema(
        summary="Sign in",
        request=SignIn,
        responses={200: Tokens},
        examples=[
            OpenApiExample("Password", {"email": "ada@example.com", "password": "…"}, request_only=True),
            OpenApiExample(
                "With a second factor",
                {"email": "ada@example.com", "password": "…", "code": "123456"},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Tokens, or a 401 that says whether a code is missing."""
        given = SignIn(data=request.data)
        given.is_valid(raise_exception=True)
        email = given.validated_data["email"].lower()
        self._count(email)
        user = authenticate(request._request, username=email, password=given.validated_data["password"])
        if user is None:
            raise AuthenticationFailed(_("The e-mail address and the password do not fit."))
        _check_second_factor(user, given.validated_data.get("code", ""))
        refresh = RefreshToken.for_user(user)
        return Response({"access": str(refresh.access_token), "refresh": str(refresh)})

    @staticmethod
    def _count(email: str) -> None:
        allowance = spend([(f"sign-in:{email}", TRIES)])
        if allowance and not allowance.allowed:
            raise Throttled(allowance.reset_seconds)


def _check_second_factor(user: Any, code: str) -> None:
    factors = list(Authenticator.objects.filter(user=user))
    if not factors:
        return
    if not code:
        raise Problem(401, "second-factor-required", _("Send the code of your authenticator, or a recovery code."))
    usable = {Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES}
    if not any(factor.type in usable and factor.wrap().validate_code(code.strip()) for factor in factors):
        raise AuthenticationFailed(_("This code is not right."))


def _spend(raw: str) -> User:
    """Whose long token this is; it works once, and not after the password was changed."""
    spent = AuthenticationFailed(_("This token is spent or too old; sign in again."))
    try:
        token = RefreshToken(raw)
        user = User.objects.get(pk=token["user_id"], is_active=True)
    except (TokenError, User.DoesNotExist) as error:
        raise spent from error
    if token.get("hash_password") != get_md5_hash_password(user.password) or not token.blacklist()[1]:
        raise spent
    return user


class RefreshView(OpenView):
    """The next pair; the old long token is spent."""

    rate = "60/m"

    @extend_schema(summary="Refresh the tokens", request=Refresh, responses={200: Tokens})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """A new pair."""
        given = Refresh(data=request.data)
        given.is_valid(raise_exception=True)
        refresh = RefreshToken.for_user(_spend(given.validated_data["refresh"]))
        return Response({"access": str(refresh.access_token), "refresh": str(refresh)})


class SignOutView(OpenView):
    """End a long token."""

    @extend_schema(summary="Sign out", request=Refresh, responses={204: None})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Nothing to say; a token that is spent already is as good as signed out."""
        given = Refresh(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            RefreshToken(given.validated_data["refresh"]).blacklist()
        except TokenError:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path("auth/login/", SignInView.as_view(), name="sign-in"),
    path("auth/refresh/", RefreshView.as_view(), name="refresh"),
    path("auth/logout/", SignOutView.as_view(), name="sign-out"),
]
