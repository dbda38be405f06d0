"""The REST API: DRF, JWT, OpenAPI."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from config import env

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.tenant_api.authentication.KeyAuthentication",
        "apps.accounts.tenant_api.authentication.TokenAuthentication",
        "apps.accounts.tenant_api.authentication.WebSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.paging.CursorPage",
    "DEFAULT_FILTER_BACKENDS": ["apps.core.api.filters.DeclaredFilters"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.ProblemSchema",
    "EXCEPTION_HANDLER": "apps.core.api.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
API_RATES = {
    "user": env.text("API_RATE_USER", "600/m"),
    "key": env.text("API_RATE_KEY", "1200/m"),
    "ip": env.text("API_RATE_IP", "60/m"),
}
LIMITS_PREFIX = "rate"
SIMPLE_JWT = {
    "SIGNING_KEY": hashlib.sha256(f"tokens:{env.text('SECRET_KEY')}".encode()).hexdigest(),
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,  # a changed password ends every token
    "UPDATE_LAST_LOGIN": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Mainstay API",
    "VERSION": "1",
    "DESCRIPTION": "Everything a person can do in Mainstay. Start at `/api/v1/`.",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1(/organizations/{slug})?",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "MetricKindEnum": ["collected", "counted", "derived"],
        "OrganizationKindEnum": "apps.accounts.enums.OrganizationKind",
        "InvitationKindEnum": "apps.accounts.enums.InvitationKind",
        "SiteStatusEnum": "apps.analytics.enums.SiteStatus",
        "NetworkKindEnum": "apps.analytics.enums.NetworkKind",
        "ConsentRuleEnum": "apps.analytics.enums.ConsentRule",
    },
    "SORT_OPERATIONS": True,
    "PREPROCESSING_HOOKS": ["apps.core.api.schema.only_the_api"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.api.schema.add_problem",
    ],
}
