"""Whose network an address lies in, from a local table. Nothing leaves the machine, and no address is kept.

Two layouts are read: a folder with the ranges as CSV (the one that comes with the front end's packages), or a MaxMind
database with `autonomous_system_number` and `autonomous_system_organization`.
"""

from __future__ import annotations

import csv
import ipaddress
import socket
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import structlog

log = structlog.get_logger(__name__)


class Network(NamedTuple):
    """An autonomous system: its number, and the organization it is registered to."""

    number: int
    name: str


class Networks:
    """The table, read at the first look-up. One that is missing or broken is told once; then nothing is found."""

    def __init__(self, path: str = "", own: str = "") -> None:
        self._path = path
        self._own = _own(own)
        self._table: Any = None
        self._is_open = False

    @property
    def is_ready(self) -> bool:
        """Whether there is a table."""
        self._open()
        return self._table is not None

    def network_of(self, ip: str) -> Network | None:
        """The network of a public address; None for a private one, one that is none, and one that is not listed. Those
        of one's own go first, and may be private."""
        if self._own and (found := _listed(self._own, ip)) is not None:
            return found
        if ":" in ip:
            return self._of_six(ip)
        try:
            number = int.from_bytes(socket.inet_pton(socket.AF_INET, ip), "big")
        except (OSError, ValueError):
            return None
        return None if _is_special(number) else self._found(4, number)

    def _of_six(self, ip: str) -> Network | None:
        try:
            address = ipaddress.IPv6Address(ip.partition("%")[0])
        except ValueError:
            return None
        if address.ipv4_mapped is not None:
            return self.network_of(str(address.ipv4_mapped))
        return self._found(6, int(address)) if address.is_global else None

    def _found(self, version: int, number: int) -> Network | None:
        self._open()
        return self._table.find(version, number) if self._table is not None else None

    def ranges(self) -> Iterator[tuple[int, Network]]:
        """Every range of version 4 as (number of addresses, network)."""
        self._open()
        if self._table is not None:
            yield from self._table.sizes()

    def _open(self) -> None:
        if not self._is_open:
            self._is_open = True
            self._table = _opened(self._path)


class _Ranges:
    """Sorted ranges of both versions. Of version 6 the upper 64 bits count: no network is smaller."""

    def __init__(self, folder: Path) -> None:
        self._networks: list[Network] = []
        numbers: dict[Network, int] = {}
        self._v4 = self._read(folder / "asn-ipv4-num.csv", "I", int, numbers)
        self._v6 = self._read(folder / "asn-ipv6.csv", "Q", _upper_half, numbers)

    def _read(self, path: Path, code: str, number_of: Any, numbers: dict[Network, int]) -> tuple[Any, Any, Any]:
        starts, ends, owners = array(code), array(code), array("I")
        with path.open(newline="", encoding="utf-8") as file:
            for first, last, number, name in csv.reader(file):
                network = Network(int(number), name)
                place = numbers.get(network)
                if place is None:
                    place = numbers[network] = len(self._networks)
                    self._networks.append(network)
                starts.append(number_of(first))
                ends.append(number_of(last))
                owners.append(place)
        return starts, ends, owners

    def find(self, version: int, number: int) -> Network | None:
        """By bisection."""
        if version == 4:
            wanted, (starts, ends, owners) = number, self._v4
        else:
            wanted, (starts, ends, owners) = number >> 64, self._v6
        place = bisect_right(starts, wanted) - 1
        if place < 0 or ends[place] < wanted:
            return None
        return self._networks[owners[place]]

    def sizes(self) -> Iterable[tuple[int, Network]]:
        """How many addresses each range holds."""
        for first, last, owner in zip(*self._v4, strict=True):
            yield last - first + 1, self._networks[owner]


class _MaxMind:
    """A MaxMind database of autonomous systems."""

    def __init__(self, path: Path) -> None:
        import maxminddb  # noqa: PLC0415 -- only the pipeline needs it

        self._reader = maxminddb.open_database(str(path))

    def find(self, version: int, number: int) -> Network | None:
        """As the database has it."""
        try:
            row = self._reader.get(ipaddress.IPv4Address(number) if version == 4 else ipaddress.IPv6Address(number))
        except ValueError:  # an address of version 6 in a database of version 4
            return None
        number = row.get("autonomous_system_number") if isinstance(row, dict) else None
        return Network(int(number), str(row.get("autonomous_system_organization") or "")) if number else None

    def sizes(self) -> Iterable[tuple[int, Network]]:
        """How many addresses of version 4 each entry holds."""
        for block, row in self._reader:
            if block.version == 4 and row.get("autonomous_system_number"):
                yield block.num_addresses, Network(
                    int(row["autonomous_system_number"]), str(row.get("autonomous_system_organization") or "")
                )


# Of nobody: this host, private, shared by a provider's customers (CGNAT), loopback, link-local, for examples, for
# measurements, and everything that is no single host.
_SPECIAL = [
    ipaddress.ip_network(text) for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
]
_SPECIAL_STARTS = [int(network.network_address) for network in _SPECIAL]
_SPECIAL_ENDS = [int(network.broadcast_address) for network in _SPECIAL]


def _is_special(number: int) -> bool:
    place = bisect_right(_SPECIAL_STARTS, number) - 1
    return place >= 0 and number <= _SPECIAL_ENDS[place]


def _upper_half(text: str) -> int:
    return int.from_bytes(socket.inet_pton(socket.AF_INET6, text)[:8], "big")


def _listed(own: tuple[tuple[Any, Network], ...], ip: str) -> Network | None:
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None) or address
    return next((network for block, network in own if mapped.version == block.version and mapped in block), None)


@lru_cache(maxsize=2)
def _own(path: str) -> tuple[tuple[Any, Network], ...]:
    """The networks of one's own, the smaller before the larger; a line that cannot be read is told and left out."""
    found = []
    try:
        lines = list(csv.reader(Path(path).read_text(encoding="utf-8").splitlines())) if path else []
    except OSError as error:
        log.warning("networks.own_missing", path=path, error=str(error))
        return ()
    for place, line in enumerate(lines, 1):
        try:
            block, number, name = line
            found.append((ipaddress.ip_network(block.strip()), Network(int(number), name.strip())))
        except ValueError:
            log.warning("networks.own_unreadable", path=path, line=place)
    return tuple(sorted(found, key=lambda pair: -pair[0].prefixlen))


@lru_cache(maxsize=2)
def _opened(path: str) -> Any:
    if not path:
        return None
    try:
        place = Path(path)
        return _Ranges(place) if place.is_dir() else _MaxMind(place)
    except (OSError, ValueError, RuntimeError) as error:
        log.warning("networks.table_missing", path=path, error=str(error))
        return None
