"""Prometheus counters of this process; with PROMETHEUS_MULTIPROC_DIR set, of all processes together."""

from __future__ import annotations

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.registry import REGISTRY

from apps.core.ops import probes

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)

requests = Counter("mainstay_requests_total", "Requests answered.", ["method", "route", "status"])
latency = Histogram("mainstay_request_seconds", "Time to answer.", ["method", "route"], buckets=_SECONDS)
queries = Counter("mainstay_request_queries_total", "Queries made to answer.", ["route"])
tasks = Histogram("mainstay_task_seconds", "Time a background task took.", ["task", "state"], buckets=_SECONDS)


def exposition() -> bytes:
    """Everything, in Prometheus' text format."""
    return generate_latest(_counters()) + generate_latest(_probed())


def _counters() -> CollectorRegistry:
    if not settings.PROMETHEUS_MULTIPROC_DIR:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=settings.PROMETHEUS_MULTIPROC_DIR)
    return registry


def _probed() -> CollectorRegistry:
    """What is looked up at the moment of asking is the same whichever process answers."""
    registry = CollectorRegistry()
    depth = Gauge("mainstay_waiting", "Things waiting to be worked on.", ["place"], registry=registry)
    age = Gauge("mainstay_waiting_oldest_seconds", "Age of the oldest of them.", ["place"], registry=registry)
    good = Gauge("mainstay_healthy", "1 when the place works as it should.", ["place"], registry=registry)
    for probe, reading in probes.read_all():
        good.labels(probe.key).set(int(reading.ok))
        if reading.waiting is not None:
            depth.labels(probe.key).set(reading.waiting)
        if reading.oldest_seconds is not None:
            age.labels(probe.key).set(reading.oldest_seconds)
    return registry
