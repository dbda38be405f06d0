"""The web process's entry point, `uvicorn config.asgi:application`: pages, API and WebSockets."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 -- needs the app registry
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from apps.core.asgi.bodies import BoundedBodies  # noqa: E402
from apps.core.ops import request_minutes  # noqa: E402
from config.sockets import websocket_urlpatterns  # noqa: E402

request_minutes.start()
application = ProtocolTypeRouter(
    {
        "http": BoundedBodies(django_application, settings.BODY_MOST_BYTES),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
