"""Mail: by which way it leaves, and who it is from."""

from __future__ import annotations

from config import env

EMAIL_BACKEND = "apps.notifications.backend.QueuedMail"
RESEND_API_KEY = env.text("RESEND_API_KEY", "")
EMAIL_URL = env.text("EMAIL_URL", "")  # smtp://user:password@host:587 (STARTTLS), smtps://…:465, smtp+plain://…:25
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Mainstay <mainstay@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
NOTIFICATION_KEEP_DAYS = env.number("NOTIFICATION_KEEP_DAYS", 90)
RESEND_API_URL = env.text("RESEND_API_URL", "https://api.resend.com").rstrip("/")
