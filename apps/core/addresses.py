"""Which network addresses may be spoken to when a user says where: only ones that the whole internet can reach.

A name is resolved once, the answers are checked, and the connection goes to a checked answer. Asking again when
connecting would let a name point elsewhere in between.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Collection, Iterable

from django.conf import settings
from django.utils.translation import gettext as _

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Iterable[str]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Tunnels that carry other addresses, and ranges that not every version of Python's own table knows.
_NEVER = tuple(
    ipaddress.ip_network(net)
    for net in (
        "2002::/16", "2001::/32", "64:ff9b:1::/48", "192.88.99.0/24",
        "192.0.0.0/24", "198.18.0.0/15", "100::/64", "3fff::/20", "5f00::/16",
    )
)


class BlockedAddress(Exception):
    """The place a user named is not one that Mainstay may speak to; the message says why, in words."""


class UnknownHost(Exception):
    """The name has no address."""


def is_public(address: str | IPAddress) -> bool:
    """Whether the whole internet can reach this address. Forms that carry another address inside are unpacked."""
    if isinstance(address, str):
        address = ipaddress.ip_address(address.split("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if any(address in net for net in _NEVER if net.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order; raises UnknownHost."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise UnknownHost(_("%(host)s has no address. Check the spelling.") % {"host": host}) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked(host: str, port: int, *, ports: Collection[int] | None, resolver: Resolver = resolve) -> list[str]:
    """The addresses of a user-given place that may be connected to; raises BlockedAddress or UnknownHost.

    `ports` is which ports may be spoken to (None: any). `settings.OUTBOUND_LOOPBACK_PORTS` opens this machine itself
    on the ports named there, for the demo and for development.
    """
    loopback_open = port in settings.OUTBOUND_LOOPBACK_PORTS
    if ports is not None and port not in ports and not loopback_open:
        raise BlockedAddress(_("Port %(port)s is not allowed.") % {"port": port})
    found = [str(address) for address in resolver(host, port)]
    good = [address for address in found if is_public(address) or (loopback_open and _is_loopback(address))]
    if not good:
        raise BlockedAddress(
            _("%(host)s points into a private network. Only public addresses are allowed.") % {"host": host}
        )
    return good


def open_socket(host: str, port: int, *, ports: Collection[int] | None, timeout_seconds: float) -> socket.socket:
    """A connected socket to a user-given place; raises as `checked` does, or OSError."""
    deadline = time.monotonic() + timeout_seconds
    last: OSError | None = None
    for address in checked(host, port, ports=ports):
        try:
            return socket.create_connection((address, port), timeout=max(deadline - time.monotonic(), 0.1))
        except OSError as error:
            last = error
    raise last or OSError("no address")


def _is_loopback(address: str) -> bool:
    parsed = ipaddress.ip_address(address.split("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
