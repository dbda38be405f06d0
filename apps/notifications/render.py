"""Mails from templates: each is an HTML page and its twin in plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

_BLANK = re.compile(r"\n{3,}")


def render_mail(name: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """(text, HTML) of `templates/mail/<name>.txt` and `.html` in the active language.

    A `url` in the context may be a path; both get it whole.
    """
    url = str(context.get("url") or "")
    whole = {
        **context,
        "url": f"{settings.BASE_URL}{url}" if url.startswith("/") else url,
        "base_url": settings.BASE_URL,
    }
    text = render_to_string(f"mail/{name}.txt", whole)
    return _BLANK.sub("\n\n", text).strip() + "\n", render_to_string(f"mail/{name}.html", whole)
