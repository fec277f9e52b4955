"""What is asked of an index: an address or a pattern of addresses, and a span of time."""

import calendar
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from normalize.errors import UsageError
from scraper import sites
from scraper.urls import canonical

MatchType = Literal["exact", "prefix", "domain"]
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)
_TIME = re.compile(r"[0-9]{14}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pattern:
    """The addresses of an index: `url` as indexes take it, without scheme and star."""

    url: str
    match: MatchType

    @property
    def text(self) -> str:
        """The pattern as it is written."""
        return f"*.{self.url}" if self.match == "domain" else f"{self.url}*" if self.match == "prefix" else self.url


def pattern(text: str) -> Pattern:
    """`HOST/PATH`, `HOST/PATH*` for what begins so, `*.HOST` for a host with all below it; a scheme is left out.

    Raises UsageError for anything else.
    """
    bare = re.sub(r"^https?://", "", text.strip(), flags=re.IGNORECASE)
    match: MatchType = "domain" if bare.startswith("*.") else "prefix" if bare.endswith("*") else "exact"
    url = bare.removeprefix("*.") if match == "domain" else bare.removesuffix("*")
    host, slash, rest = url.partition("/")
    why = "write HOST/PATH, HOST/PATH* or *.HOST"
    if (
        "*" in url
        or "#" in url
        or "@" in host
        or "\\" in host
        or not url.isprintable()
        or ("." not in host and host.partition(":")[0] != "localhost")
    ):
        raise UsageError(f"{text!r} is no pattern of addresses: {why}")
    if (match == "domain" and slash) or (match == "prefix" and not slash):
        raise UsageError(f"{text!r} is no pattern of addresses: a star stands behind a path or before a host; {why}")
    canonical(f"http://{url}")
    return Pattern(urlsplit(canonical(f"http://{host}/")).netloc + slash + rest, match)


def digits(date: str, last: bool) -> str:
    """`2021`, `2021-03` or `2021-03-04` as indexes take it, the beginning of 14 digits. Raises UsageError for no such date."""
    found = _DATE.fullmatch(date.strip())
    if found:
        year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
        if year and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]:
            return "".join(part for part in found.groups() if part)
    option = "--to" if last else "--from"
    raise UsageError(f"{option} {date!r} is no date: write 2021, 2021-03 or 2021-03-04")


def span(first: str, last: str) -> tuple[str, str]:
    """Two dates as indexes take them, either may be empty. Raises UsageError, also for a span that ends before it begins."""
    begin, end = digits(first, last=False) if first else "", digits(last, last=True) if last else ""
    if begin and end and begin[: len(end)] > end[: len(begin)]:
        raise UsageError(f"--from {first} is later than --to {last}")
    return begin, end


def within(time: str, first: str, last: str) -> bool:
    """Whether 14 digits lie in a span, its last day, month or year included."""
    return time >= first and time[: len(last)] <= last


def iso(time: str) -> str | None:
    """14 digits as `2021-03-04T05:06:07Z`; None for what is no time."""
    if not _TIME.fullmatch(time):
        return None
    year, month, day, hour, minute, second = int(time[:4]), *(int(time[at : at + 2]) for at in range(4, 14, 2))
    if not (year and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    return f"{time[:4]}-{time[4:6]}-{time[6:8]}T{time[8:10]}:{time[10:12]}:{time[12:]}Z"


def page_of(original: str) -> str | None:
    """The canonical address of a comparison page, empty for one of another page; None for what is no address."""
    try:
        url = canonical(original)
    except UsageError:
        return None
    return url if sites.of(urlsplit(url).path) else ""
