"""Which network addresses may be connected to: a page that is fetched never leads into the network of who fetches it.

A guard judges each address that a name has at the moment of connecting, and the client connects to that very address. So a
name that has another address a moment later, an odd spelling and a redirect all meet the same check.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlsplit

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SPECIAL: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a provider (CGNAT)"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "for protocols"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "6to4"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("255.255.255.255/32", "broadcast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "no address"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "an IPv4 address in IPv6 clothes"),
    ("64:ff9b::/96", "NAT64"),
    ("64:ff9b:1::/48", "NAT64"),
    ("2001::/32", "Teredo"),
    ("2001::/23", "for protocols"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "6to4"),
    ("3fff::/20", "for documentation"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
)
"""The blocks in which no web site of the public internet is, after the IANA special-purpose registries of IPv4 and IPv6."""

_SPECIAL = [(ipaddress.ip_network(block), kind) for block, kind in SPECIAL]
_NAME = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)
_HEX = re.compile(r"0x[0-9a-f]*", re.IGNORECASE)
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")


class Guard(Protocol):
    """Judges addresses."""

    def check(self, host: str, address: str) -> str | None:
        """Why an address of a host may not be connected to, None where it may."""


class Anywhere:
    """Permits all."""

    def check(self, host: str, address: str) -> str | None:  # noqa: ARG002
        """Nothing is refused."""
        return None


class Public:
    """Permits the public internet, and what the user named: `named` are hosts (`HOST`, `HOST:PORT`, IPv6 with or without
    brackets; who keeps to the ports is whoever judges URLs).

    An address that was named (`10.0.0.5`) is permitted where the URL's host is that address, or a name that was named too: who
    names both says that they belong together, and trusts the name with the address. `localhost` and names below it permit
    loopback for that very name. Any other name permits nothing of its own: where it leads into a private network, now or after
    its answer has changed, it is refused.
    """

    def __init__(self, named: Iterable[str] = ()) -> None:
        hosts = {_bare(host) for host in named}
        self._names = {host for host in hosts if _parsed(host) is None}
        self._addresses = {address for address in map(_parsed, hosts) if address is not None}

    def check(self, host: str, address: str) -> str | None:
        """Why an address of a host may not be connected to, None where it may."""
        found = _parsed(address)
        if found is None:
            return f"{address!r} is no address that can be judged"
        kind = special(found)
        if kind is None or self._is_named(host.lower(), found):
            return None
        return f"{found} is {kind}"

    def _is_named(self, host: str, found: _Address) -> bool:
        if found in self._addresses and (host in self._names or _parsed(host) == found):
            return True
        return host in self._names and _is_localhost(host) and found.is_loopback


@lru_cache(1024)
def special(address: _Address) -> str | None:
    """What an address is for that is not one of the public internet; None for one that is."""
    for block, kind in _SPECIAL:
        if address.version == block.version and address in block:
            return kind
    return "outside of the public internet" if address.version == 6 and address not in _GLOBAL_V6 else None


def is_loopback(url: str) -> bool:
    """Whether an address names this machine itself."""
    host = urlsplit(url).hostname or ""
    found = _parsed(host)
    return found.is_loopback if found is not None else _is_localhost(host)


def ambiguous(host: str) -> bool:
    """Whether programs take a host for different ones: it ends in a number and is no address in its usual form
    (`2130706433`, `0x7f.1`, `0177.0.0.1`, `127.1`, `127.0.0.1.`), or has characters that a name cannot have."""
    if _parsed(host) is not None:
        return False
    last = host.rstrip(".").rpartition(".")[2]
    return not _NAME.fullmatch(host) or last.isdigit() or bool(_HEX.fullmatch(last))


@lru_cache(1024)
def _parsed(text: str) -> _Address | None:
    """An address without a zone, None for what is none."""
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def _bare(host: str) -> str:
    """A host without port and brackets."""
    text = host.strip().lower()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return text.rstrip(".")


def _is_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")
