"""The table, the rules over names, and what the name of an address gives away."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from apps.analytics.enrichment.host_names import company_domain, is_look_alike, matches_name
from apps.analytics.enrichment.network_kinds import by_name, kind_of
from apps.analytics.enrichment.networks import Network, Networks
from tests.analytics.companies.conftest import ACME, ACME6

REAL = Path(settings.NETWORK_DATABASE)


@pytest.mark.parametrize(("address", "name"), [
    (ACME, "Acme Machines GmbH"), ("5.10.1.0", "Acme Machines GmbH"), ("5.10.1.255", "Acme Machines GmbH"),
    ("5.10.2.0", "University of Testing, Main Campus"), (ACME6, "Acme Machines GmbH"),
    ("2a02:1234:ffff:ffff::1", "Acme Machines GmbH"), (f"::ffff:{ACME}", "Acme Machines GmbH"),
    (f"{ACME6}%eth0", "Acme Machines GmbH"),
])
def test_addresses_that_are_listed(table: Path, address: str, name: str) -> None:
    found = Networks(str(table)).network_of(address)

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("address", [
    "", "no address", "5.10.0.255", "5.10.6.0", "2a02:1235::1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "100.64.7.7",
    "127.0.0.1", "169.254.1.1", "192.0.2.1", "224.0.0.1", "0.0.0.0", "::1", "fe80::1", "fc00::1", "2001:db8::1",
    "::ffff:10.0.0.1", "5.10.1.7/24", "5.10.1", "٥.10.1.7",
])
def test_addresses_of_nobody(table: Path, address: str) -> None:
    assert Networks(str(table)).network_of(address) is None


def test_without_a_table_nothing_is_found(tmp_path: Path) -> None:
    for path in ("", str(tmp_path), str(tmp_path / "gone.mmdb")):
        networks = Networks(path)
        assert not networks.is_ready
        assert networks.network_of(ACME) is None


@pytest.mark.skipif(not REAL.is_dir(), reason="the table comes with the front end's packages")
def test_facts_of_the_table_that_comes_along() -> None:
    networks = Networks(str(REAL))
    known = {
        "53.1.2.3": ("Mercedes-Benz Group AG", "business"), "84.130.1.1": ("Deutsche Telekom AG", "isp"),
        "73.1.2.3": ("Comcast Cable Communications, LLC", "isp"), "8.8.8.8": ("Google LLC", "hosting"),
        "129.27.4.4": ("Technische Universitaet Graz", "education"), "52.95.110.1": ("Amazon.com, Inc.", "hosting"),
        "146.106.9.9": ("ASML Netherlands B.V.", "business"),
        "2003:c0::1": ("Deutsche Telekom AG", "isp"),
    }
    found = {}
    for address in known:
        network = networks.network_of(address)
        assert network is not None, address
        found[address] = (network.name, kind_of(network).kind.value)

    assert found == known


@pytest.mark.parametrize(("name", "kind", "confidence"), [
    ("Stadtwerke Musterstadt GmbH", "isp", "medium"), ("Vodafone Libertel B.V.", "isp", "medium"),
    ("LifeNet, Inc.", "isp", "medium"), ("Hetzner Online GmbH", "hosting", "medium"),
    ("Some Hosting Ltd", "hosting", "medium"), ("Universität Zürich", "education", "medium"),
    ("Ministry of Finance", "government", "medium"), ("City of Springfield", "government", "medium"),
    ("Truliant Federal Credit Union", "business", "medium"), ("First Bank of Somewhere", "business", "medium"),
    ("Colombia Trading", "business", "low"), ("Palo Alto Networks, Inc", "business", "medium"),
    ("Harley-Davidson, Inc.", "business", "low"), ("Wonderful", "business", "low"), ("", "unknown", "low"),
    (" - ", "unknown", "low"), ("Research Telecom", "education", "medium"),
])
def test_names_of_networks(name: str, kind: str, confidence: str) -> None:
    found = by_name(name)

    assert (found.kind.value, found.confidence.value) == (kind, confidence)


def test_what_is_listed_wins_over_the_name() -> None:
    assert kind_of(Network(3320, "Wonderful")).kind == "isp"
    assert kind_of(Network(3320, "Wonderful")).reason == "listed"


@pytest.mark.parametrize(("host", "address", "domain"), [
    ("mail.mueller-maschinenbau.de", "80.1.2.3", "mueller-maschinenbau.de"),
    ("gw.acme.co.uk", "80.1.2.3", "acme.co.uk"),
    ("acme.example", "80.1.2.3", "acme.example"), ("office.acme.com.", "2a02::5", "acme.com"),
    ("p5b0a1234.dip0.t-ipconnect.de", "91.10.18.52", ""), ("c-73-1-2-3.hsd1.ca.comcast.net", "73.1.2.3", ""),
    ("3.2.1.80.static.provider.de", "80.1.2.3", ""), ("host80-1-2-3.example.it", "80.1.2.3", ""),
    ("ec2-5-6-7-8.compute.amazonaws.com", "5.6.7.8", ""), ("dyn.customer.provider.net", "80.1.2.3", ""),
    ("vps123.provider.net", "80.1.2.3", ""), ("pool-1.adsl.provider.gr", "80.1.2.3", ""),
    ("google.com.evil.example", "80.1.2.3", "evil.example"), ("de", "80.1.2.3", ""), ("co.uk", "80.1.2.3", ""),
    ("<script>.example.com", "80.1.2.3", ""), ("", "80.1.2.3", ""), ("a" * 300 + ".example", "80.1.2.3", ""),
    ("5b0a1234.acme.de", "91.10.18.52", ""),
])
def test_names_of_addresses(host: str, address: str, domain: str) -> None:
    assert company_domain(host, address) == domain


def test_look_alikes_are_not_believed() -> None:
    assert is_look_alike("xn--pple-43d.com")
    assert not is_look_alike("apple.com")
    assert matches_name("siemens.com", "Siemens Corporation")
    assert matches_name("tu-graz.at", "TU Graz")
    assert matches_name("asml.com", "ASML Netherlands B.V.")
    assert not matches_name("xn--siemens-abc.com", "Siemens Corporation")
    assert not matches_name("siemens-login.com", "Siemens Corporation")
    assert not matches_name("gmbh.de", "Acme GmbH")
