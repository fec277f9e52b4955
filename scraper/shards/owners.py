"""Fetching many sites from several machines: one host, one owner, so that each pause between two requests is kept by one process.

A host belongs to a group, whose name decides its owner: all hosts of a site file are one group, any other host, without `www.`,
is one of its own. No list of public suffixes is needed: two hosts of a domain that no site file joins may have two owners, each
of which keeps the pauses of its host, as a single run does.
"""

import hashlib
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from normalize.errors import UsageError
from scraper import sites
from scraper.urls import canonical


def group(url: str) -> str:
    """The name under which the host of an address has its owner. Raises UsageError for what is no http(s) address."""
    host = urlsplit(canonical(url)).hostname or ""
    for site in sites.load():
        if host in site.hosts:
            return site.hosts[0]
    return host.removeprefix("www.")


def owner(url: str, machines: int) -> int:
    """Which of so many machines, from 0, asks the host of an address: the same one on every machine and in every run."""
    found = hashlib.blake2b(group(url).encode(), digest_size=8).digest()
    return int.from_bytes(found, "big") % machines


def plan(urls: Iterable[str], machines: int) -> list[list[str]]:
    """The addresses of each machine, in their order. Raises UsageError for fewer than one machine, AssertionError for a host with
    two owners."""
    if machines < 1:
        raise UsageError("at least one machine has to fetch")
    shares: list[list[str]] = [[] for _ in range(machines)]
    for url in urls:
        shares[owner(url, machines)].append(url)
    check(dict(enumerate(shares)))
    return shares


def check(shares: Mapping[int, Iterable[str]]) -> None:
    """Raises AssertionError where two machines would ask one host."""
    owners: dict[str, int] = {}
    for machine, urls in shares.items():
        for url in urls:
            host = urlsplit(canonical(url)).netloc
            if owners.setdefault(host, machine) != machine:
                raise AssertionError(f"{host} has two owners: {owners[host]} and {machine}")
