"""What the collector is measured against: a Django view that reads the event and inserts one row a request."""

from __future__ import annotations

import json
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]
settings.ALLOWED_HOSTS = ["*"]
application = get_asgi_application()


def track(request: HttpRequest) -> HttpResponse:
    """One event, one row, one commit."""
    from apps.analytics.models import Inbox

    event = json.loads(request.body)
    Inbox.objects.create(
        received_at=timezone.now(), site_id=1, origin=9, ip=request.META["REMOTE_ADDR"],
        ua=request.headers.get("User-Agent", ""), body=json.dumps(event).encode(),
    )
    body = b'{"accepted":1,"rejected":[]}'
    return HttpResponse(body, status=202, content_type="application/json", headers={"Content-Length": len(body)})


urlpatterns = [path("api/track", track)]
