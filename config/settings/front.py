"""Templates, components, static files and the front-end build."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django_vite.templatetags.django_vite import vite_asset_url

from config import env

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [env.ROOT / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.accounts.context.shell",
                "apps.core.ops.context.state",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "template_partials.templatetags.partials"],
        },
    }
]
COTTON_DIR = "components"

STATIC_URL = "/static/"
STATIC_ROOT = env.ROOT / "staticfiles"
STATICFILES_DIRS = [("dist", env.ROOT / "static" / "dist")]
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "static_url_prefix": "dist",
        "manifest_path": env.ROOT / "static" / "dist" / "manifest.json",
    }
}
WHITENOISE_USE_FINDERS = True
MEDIA_URL = "/media/"
MEDIA_ROOT = env.text("MEDIA_ROOT", str(env.ROOT / "var" / "media"))
IMPORT_MOST_MB = env.number("IMPORT_MOST_MB", 2048)  # the largest file of history that is taken, in megabytes

UNFOLD = {
    "SITE_TITLE": "Mainstay",
    "SITE_HEADER": "Mainstay",
    "SITE_SYMBOL": "anchor",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("dist/favicon.svg")},
    ],
    "SCRIPTS": [lambda _request: vite_asset_url("static/src/staff.ts")],
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.7)",
            "100": "oklch(95.3% .051 180.8)",
            "200": "oklch(91% .096 180.4)",
            "300": "oklch(85.5% .138 181.1)",
            "400": "oklch(77.7% .152 181.9)",
            "500": "oklch(60% .118 184.7)",
            "600": "oklch(51.1% .096 186.4)",
            "700": "oklch(43.7% .078 188.2)",
            "800": "oklch(38.6% .063 188.4)",
            "900": "oklch(32% .05 190)",
            "950": "oklch(27.7% .046 192.5)",
        },
    },
    "SITE_DROPDOWN": [
        {"icon": "monitoring", "title": _("Monitoring"), "link": reverse_lazy("monitoring")},
        {"icon": "arrow_back", "title": _("To the app"), "link": "/"},
    ],
}
