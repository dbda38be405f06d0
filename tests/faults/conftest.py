"""A Mainstay over PostgreSQL and Valkey of its own, every part of which a test may kill."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from apps.accounts.enums import Role
from apps.accounts.models import Organization
from apps.analytics.enums import ConsentRule
from apps.analytics.models import Site
from apps.analytics.services.destinations import destination_create
from apps.core.tenancy import tenant
from launcher.places import Checkout, private_directory
from tests.analytics.delivery.answers import Server
from tests.benchmarks.traffic import HOST
from tests.factories.accounts import ApiKeyFactory, MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.analytics import SiteFactory
from tests.house import database
from tests.house.house import House
from tests.house.processes import NotThere, wait_for
from tests.house.servers import OwnPostgres, OwnValkey

APPLICATIONS = ("collector", "pipeline", "deliverer", "worker", "web")
SENT_ON = ("signup", "purchase")  # a small part of the events: the receiver gets them one by one
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@dataclass
class Estate:
    """The house, the servers behind it, and a business with a site whose owner has an API key; `receiver` is where
    some of the site's events are sent on to."""

    house: House
    postgres: OwnPostgres
    valkey: OwnValkey
    organization: Organization
    site: Site
    key: str
    receiver: Server

    def kill(self, name: str) -> None:
        """kill -9; of PostgreSQL every process at once, as when the power goes."""
        if name == "postgres":
            main = psutil.Process(self.postgres.process.pid)
            main.suspend()  # so that it starts no other while these are counted
            children = main.children(recursive=True)
            for child in children:
                _kill(child)
            self.postgres.process.kill()
            psutil.wait_procs(children, timeout=10)
        else:
            (self.valkey.process if name == "valkey" else self.house[name]).kill()

    def start(self, name: str) -> None:
        """Start again what was killed. Servers must be there for the others; applications come up by themselves."""
        if name in APPLICATIONS:
            self.house[name].start()
        else:
            (self.valkey if name == "valkey" else self.postgres).start()

    def keep(self) -> None:
        """What a process manager does: start again what ended by itself. Celery's worker does, when its broker goes in
        the middle of an acknowledgement."""
        for name in APPLICATIONS:
            self.house[name].start()


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return


@pytest.fixture
def estate(django_db_blocker: Any) -> Iterator[Estate]:
    """Everything running, and one business in it."""
    folder = private_directory(Checkout().var) / f"faults-{os.getpid()}"
    private_directory(folder)
    servers: list[Any] = []
    house = receiver = None
    try:
        servers = [OwnValkey(folder), OwnPostgres(folder)]
        for server in servers:
            server.start()
        valkey, postgres = servers
        postgres.settle()
        # Visitors come from many addresses, as through a proxy.
        house = House(folder, postgres.url, valkey.url, demo=True, more={"TRUSTED_PROXY_DEPTH": "1"})
        receiver = Server(house.receiver_port)
        _begin(house)
        with django_db_blocker.unblock(), database.lent(postgres.url):
            organization, site, key = _business()
            _send_on(organization, site, receiver)
            wait_for(lambda: _knows(house, site), "the collector's knowledge of the site")
            yield Estate(house, postgres, valkey, organization, site, key, receiver)
    finally:
        _tell(folder)
        if house is not None:
            house.stop()
        if receiver is not None:
            receiver.stop()
        for server in servers:
            server.process.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _begin(house: House) -> None:
    """Migrate while the web process starts: both take long on two cores."""
    failed: list[NotThere] = []

    def migrate() -> None:
        try:
            house.manage("migrate", "--no-input", "-v", "0")
        except NotThere as error:
            failed.append(error)

    migrating = threading.Thread(target=migrate)
    migrating.start()
    house["web"].start()
    migrating.join()
    if failed:
        raise failed[0]
    house.start("web", "collector", "pipeline", "deliverer", "worker")


def _business() -> tuple[Organization, Site, str]:
    organization = OrganizationFactory(slug="bakery")
    owner = UserFactory(email="owner@example.com")
    MembershipFactory(organization=organization, user=owner, role=Role.OWNER)
    site = SiteFactory(organization=organization, domains=[HOST])
    key = ApiKeyFactory(organization=organization, user=owner, scopes=["admin"])
    return organization, site, key.raw


def _send_on(organization: Organization, site: Site, receiver: Server) -> None:
    with tenant(organization.pk):
        destination_create(
            actor=None, site=site, provider="webhook", name="Warehouse", values={"url": receiver.url, "secret": SECRET},
            events={name: name for name in SENT_ON}, consent=ConsentRule.ALWAYS,
        )


def _knows(house: House, site: Site) -> bool:
    import httpx

    return httpx.get(f"{house.collector_url}/t/{site.script_id}.js", timeout=60).status_code == 200


def _tell(folder: Path) -> None:
    for log in sorted(folder.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()
        print(f"── {log.name}", *lines[-12:], sep="\n")


@pytest.fixture
def steady() -> Callable[..., None]:
    """Wait until every caller has been acknowledged something new."""

    def wait(callers: list[Any], more: int = 5) -> None:
        wanted = [len(caller.acknowledged) + more for caller in callers]
        pairs = list(zip(callers, wanted, strict=True))
        wait_for(lambda: all(len(caller.acknowledged) >= count for caller, count in pairs), "new acknowledgements")

    return wait
