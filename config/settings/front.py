"""Templates, components, static files and the front-end build."""

from __future__ import annotations

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

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

UNFOLD = {
    "SITE_TITLE": "Mainstay",
    "SITE_HEADER": "Mainstay",
    "SITE_SYMBOL": "anchor",
    "SITE_DROPDOWN": [
        {"icon": "monitoring", "title": _("Monitoring"), "link": reverse_lazy("monitoring")},
        {"icon": "arrow_back", "title": _("To the app"), "link": "/"},
    ],
}
