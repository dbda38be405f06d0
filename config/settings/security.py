"""Content security policy, cookies, transport, encryption keys, proxies, limits on what strangers send."""

from __future__ import annotations

from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from config import env
from config.settings.crm import SALESFORCE_LOGIN_URL, SALESFORCE_SANDBOX_URL
from config.settings.outbound import GOOGLE_AUTHORIZE_URL, OAUTH_CLIENTS

_BASE_URL = env.text("BASE_URL", "http://localhost:8000").rstrip("/")
_COLLECTOR_URL = env.text("COLLECTOR_URL", "http://localhost:8001").rstrip("/")
_HTTPS = _BASE_URL.startswith("https://")
_HOST = urlsplit(_BASE_URL).netloc
_GOOGLE = urlsplit(GOOGLE_AUTHORIZE_URL)
_SIGN_IN_AT = {
    origin
    for is_used, origin in (
        (env.text("GOOGLE_CLIENT_ID", ""), "https://accounts.google.com"),
        (env.text("MICROSOFT_CLIENT_ID", ""), "https://login.microsoftonline.com"),
        ({"google", "google_ads"} & set(OAUTH_CLIENTS), f"{_GOOGLE.scheme}://{_GOOGLE.netloc}"),
        (OAUTH_CLIENTS.get("salesforce"), SALESFORCE_LOGIN_URL),
        (OAUTH_CLIENTS.get("salesforce"), SALESFORCE_SANDBOX_URL),
    )
    if is_used
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF, f"wss://{_HOST}" if _HTTPS else f"ws://{_HOST}", _COLLECTOR_URL],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF, *sorted(_SIGN_IN_AT)],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=(), browsing-topics=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)"
)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SESSION_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.core.error_pages.form_expired"
CSRF_TRUSTED_ORIGINS = [_BASE_URL]
LANGUAGE_COOKIE_SECURE = _HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
if env.flag("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

TRUSTED_PROXY_DEPTH = env.number("TRUSTED_PROXY_DEPTH", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_DEPTH
PUBLIC_POST_RATE = env.text("PUBLIC_POST_RATE", "30/m")  # forms sent by people who are not signed in, an address
BODY_MOST_BYTES = 8 * 1024 * 1024  # of any request to the web process; the largest is a piece of an upload, 4 MB
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FIELD_KEYS = env.words("FIELD_KEYS")
