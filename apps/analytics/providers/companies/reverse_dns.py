"""The name of an address, asked of the Domain Name System and checked: it must lead back to the address, because
whoever owns an address can write any name beside it."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

import dns.exception
import dns.resolver
import dns.reversename

SECONDS = 2.0


class NoAnswer(Exception):
    """The servers did not answer in time, or with an error: the name may be there another time."""


@lru_cache(maxsize=1)
def system_resolver() -> dns.resolver.Resolver:
    """The servers this machine uses."""
    resolver = dns.resolver.Resolver()
    resolver.lifetime = SECONDS
    resolver.cache = dns.resolver.LRUCache(10_000)
    return resolver


def checked_name(address: str, resolver: dns.resolver.Resolver | None = None) -> str:
    """The name of an address that leads back to it; empty when there is none. Raises NoAnswer."""
    wanted = ipaddress.ip_address(address)
    try:
        ask = resolver or system_resolver()
        names = ask.resolve(dns.reversename.from_address(address), "PTR", search=False)
        for name in list(names)[:2]:
            found = ask.resolve(name.target, "A" if wanted.version == 4 else "AAAA", search=False)
            if any(ipaddress.ip_address(row.address) == wanted for row in found):
                return str(name.target.to_text(omit_final_dot=True)).lower()
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ""
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer(str(error)) from error
    return ""
