"""Applications, middleware, database, cache."""

from __future__ import annotations

from config import env

BASE_DIR = env.ROOT
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
BASE_URL = env.text("BASE_URL", "http://localhost:8000").rstrip("/")
DEMO = env.flag("DEMO", default=False)
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MAINSTAY_APPS = [
    "apps.core",
    "apps.accounts",
    "apps.metrics",
    "apps.notifications",
    "apps.connections",
    "apps.analytics",
    "apps.dashboards",
    "apps.demo",
]
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.microsoft",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "channels",
    "django_celery_beat",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "django_vite",
    "drf_spectacular",
    "guardian",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "template_partials.apps.SimpleAppConfig",
    *MAINSTAY_APPS,
]
MIDDLEWARE = [
    "apps.core.ops.doors.OperationsMiddleware",
    "apps.core.middleware.RequestIdMiddleware",
    "apps.core.ops.request_log.RequestLogMiddleware",
    "apps.core.api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.headers.FragmentMiddleware",
    "apps.core.headers.IsolationMiddleware",
    "apps.core.headers.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.core.public_posts.PublicPostMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.accounts.middleware.PersonMiddleware",
    "apps.core.error_pages.TooLargeMiddleware",
    "apps.accounts.middleware.OrganizationMiddleware",
    "apps.core.error_pages.WrongMethodMiddleware",
]

DATABASES = {
    "default": {
        **env.database(env.text("DATABASE_URL")),
        "CONN_MAX_AGE": env.number("DATABASE_CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "apps.core.cache.FailOpenCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # unique without regard to case, by the constraint user_email_once
