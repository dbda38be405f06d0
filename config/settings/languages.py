"""Languages and time zone. Times are stored in UTC and shown in the organization's zone."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from config import env

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("es", _("Spanish"))]
LOCALE_PATHS = [env.ROOT / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
