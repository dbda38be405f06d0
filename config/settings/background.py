"""Celery, its schedule, and Channels."""

from __future__ import annotations

from config import env

_REDIS = env.text("REDIS_URL")

CELERY_BROKER_URL = _REDIS
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = {
    name: {"exchange": name, "routing_key": name} for name in ("default", "sync", "deliver", "report")
}
CELERY_TASK_ROUTES = {
    "apps.core.tasks.revoke_access": {"queue": "sync"},
    "apps.core.tasks.sync_connection": {"queue": "sync"},
    "apps.notifications.tasks.deliver": {"queue": "deliver"},
    "apps.reports.tasks.*": {"queue": "report"},
}
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task that outlives its limits is stopped before the broker hands it to a second worker.
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_TASK_TIME_LIMIT = 870
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900, "socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10.0
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "erase-demo": {"task": "apps.demo.tasks.erase_demo", "schedule": 600.0},
    "relay-outbox": {"task": "apps.core.tasks.relay_outbox", "schedule": 5.0},
    "clean-outbox": {"task": "apps.core.tasks.clean_outbox", "schedule": 3600.0},
    "forget-answers": {"task": "apps.core.tasks.forget_answers", "schedule": 3600.0},
    "send-invitations-left-behind": {
        "task": "apps.accounts.tasks.send_invitations_left_behind", "schedule": 60.0,
    },
    "measure-installation": {"task": "apps.core.tasks.measure_installation", "schedule": 60.0},
    "make-columns": {"task": "apps.analytics.tasks.make_columns", "schedule": 60.0},
    "sweep-import-files": {"task": "apps.analytics.tasks.sweep_import_files", "schedule": 3600.0},
    "watch-pipeline": {"task": "apps.analytics.tasks.watch_pipeline", "schedule": 60.0},
    "watch-traffic": {"task": "apps.analytics.tasks.watch_traffic", "schedule": 300.0},
    "score-sites": {"task": "apps.analytics.tasks.score_sites", "schedule": 3600.0},
    "look-up-addresses": {"task": "apps.analytics.tasks.look_up_addresses", "schedule": 10.0},
    "score-companies": {"task": "apps.analytics.tasks.score_companies", "schedule": 60.0},
    "score-companies-nightly": {"task": "apps.analytics.tasks.score_companies_nightly", "schedule": 3600.0},
    "send-to-crms": {"task": "apps.analytics.tasks.send_to_crms", "schedule": 60.0},
    "write-key-usage": {"task": "apps.accounts.tasks.write_key_usage", "schedule": 60.0},
    "revoke-access": {"task": "apps.core.tasks.revoke_access", "schedule": 30.0},
    "sync-due": {"task": "apps.core.tasks.sync_due", "schedule": 15.0},
    "roll-up-hours": {"task": "apps.metrics.tasks.roll_up_hours", "schedule": 900.0},
    "deliver-due": {"task": "apps.notifications.tasks.deliver_due", "schedule": 10.0},
    "clean-deliveries": {"task": "apps.notifications.tasks.clean_deliveries", "schedule": 3600.0},
}
OUTBOX_KEEP_DAYS = env.number("OUTBOX_KEEP_DAYS", 90)

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [_REDIS], "prefix": "live"},
    }
}
