"""API keys and the audit log through the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import can
from apps.accounts.models import ApiKey, AuditEntry
from apps.accounts.scopes import all_scopes
from apps.accounts.selectors.audit import label_of
from apps.accounts.selectors.keys import keys_of
from apps.accounts.services.keys import key_create, key_revoke
from apps.accounts.tenant_api.views import TenantViewSet
from apps.core.api.filters import Filter
from apps.core.api.problems import Problem


class KeyOut(serializers.ModelSerializer):
    """An API key, without its secret."""

    scopes = serializers.MultipleChoiceField(choices=[scope.key for scope in all_scopes()])
    personal = serializers.BooleanField(default=False, help_text="Acts as the caller, and ends with their membership.")
    prefix = serializers.CharField(read_only=True)

    class Meta:
        model = ApiKey
        fields = (
            "id", "name", "prefix", "scopes", "personal", "created_at", "expires_at", "last_used_at", "revoked_at",
        )  # fmt: skip
        read_only_fields = ("created_at", "last_used_at", "revoked_at")

    def to_representation(self, key: ApiKey) -> dict[str, Any]:
        """Scopes in order; whether it is a person's."""
        key.personal = key.user_id is not None
        return {**super().to_representation(key), "scopes": sorted(key.scopes)}


class KeyMade(KeyOut):
    """With the secret: the only time it is shown."""

    key = serializers.CharField(read_only=True)

    class Meta(KeyOut.Meta):
        fields = (*KeyOut.Meta.fields, "key")


class KeyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, TenantViewSet):
    """API keys. Deleting one revokes it."""

    model = ApiKey
    serializer_class = KeyOut
    lookup_value_regex = r"\d{1,18}"
    rights = {"list": "key.own", "retrieve": "key.own", "create": "key.own", "destroy": "key.own"}
    ordering = "-created_at"

    @property
    def may_manage(self) -> bool:
        """Whether all keys of the organization are the caller's business."""
        by_scope = not isinstance(self.request.auth, ApiKey) or self.request.auth.allows("key.manage")
        return by_scope and can(self.request.user, "key.manage", membership=self.membership)

    def rows(self) -> QuerySet[ApiKey]:
        """All keys, or one's own."""
        return keys_of(self.person, everybody=self.may_manage).order_by()

    def require_for(self, obj: Any) -> None:
        """`rows` has only what the caller may touch."""

    @extend_schema(summary="Make an API key", request=KeyOut, responses={201: KeyMade})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Answer with the key itself, once."""
        given = KeyOut(data=request.data)
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        data["personal"] = data["personal"] or not self.may_manage
        if "admin" in data["scopes"] and not self.may_manage:
            raise Problem(403, "no-permission", _("Only owners and admins can make such a key."))
        if data["personal"] and self.person is None:
            raise Problem(403, "no-permission", _("This key belongs to no person."))
        key, raw = key_create(actor=self.actor, organization=self.organization, **data)
        return Response({**KeyOut(key).data, "key": raw}, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiKey) -> None:
        """Revoke it."""
        key_revoke(actor=self.actor, key=instance)


class AuditOut(serializers.ModelSerializer):
    """One line of the audit log."""

    label = serializers.SerializerMethodField()
    before = serializers.DictField(read_only=True)
    after = serializers.DictField(read_only=True)

    class Meta:
        model = AuditEntry
        fields = (
            "id", "at", "action", "label", "actor_id", "actor_name", "object_kind", "object_id", "object_name",
            "before", "after", "ip", "device", "request_id",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_label(self, entry: AuditEntry) -> str:
        """The action in words."""
        return label_of(entry.action)


class AuditViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """The audit log. It can only be read."""

    model = AuditEntry
    serializer_class = AuditOut
    lookup_value_regex = r"\d{1,18}"
    rights = {"list": "audit.view", "retrieve": "audit.view"}
    ordering = "-at"
    filter_fields = {
        "action": Filter("action", serializers.CharField(max_length=60)),
        "actor_id": Filter("actor_id", serializers.IntegerField()),
        "since": Filter("at__gte", serializers.DateTimeField()),
        "until": Filter("at__lt", serializers.DateTimeField()),
    }
