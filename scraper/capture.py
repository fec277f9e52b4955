"""Capture: the bytes of one page, with address, time, origin and digest. Kept until it is forgotten, never changed."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal

from normalize.errors import ConfigError

Origin = Literal["live", "file", "warc", "wayback", "commoncrawl"]
TimeSource = Literal["sidecar", "file", "warc", "http"]
_FIRST_WEB = datetime(1991, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(days=1)
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
_LABEL = re.compile(r"[A-Za-z0-9_:.+()-]{1,40}")


@dataclass(frozen=True)
class Capture:
    """One page as fetched or imported; `body` is decoded of any content encoding, times are aware and UTC.

    `media_type` is text/html or text/plain, or what else a header said; `charset` is a header's label, empty where there is
    none; `status` is the HTTP status, None for a file, `headers` those of the response, names in lower case; `requested` is the
    address that was asked for, where it was another; `time_source` says how `captured_at` was found.
    """

    url: str
    captured_at: datetime
    fetched_at: datetime
    origin: Origin
    time_source: TimeSource
    media_type: str
    charset: str
    body: bytes
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    requested: str = ""

    @cached_property
    def sha256(self) -> str:
        """The digest of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    def header(self, name: str) -> str:
        """The first value of a header of the response, empty where there is none."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def noarchive(self) -> bool:
        """Whether the server asks that no copy of the page is shown (X-Robots-Tag, for all or for us)."""
        return self._robots_say("noarchive")

    @property
    def nofollow(self) -> bool:
        """Whether the server asks that no link of the page is followed (X-Robots-Tag, for all or for us)."""
        return self._robots_say("nofollow") or self._robots_say("none")

    def _robots_say(self, word: str) -> bool:
        return any(_says(value, word) for key, value in self.headers if key == "x-robots-tag")

    @property
    def capture_id(self) -> str:
        """A digest of address, time and body: the same for the same capture in any database."""
        return capture_id(self.url, stamp(self.captured_at), self.sha256)


def capture_id(url: str, captured_at: str, sha256: str) -> str:
    """The public id of a capture, 20 hexadecimal digits."""
    return hashlib.sha256(f"{url}\n{captured_at}\n{sha256}".encode()).hexdigest()[:20]


def stamp(time: datetime) -> str:
    """A time as it is stored: `2024-02-11T07:42:19Z`."""
    return time.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def parse_stamp(text: str) -> datetime:
    """An ISO 8601 time with its offset, in UTC and whole seconds. Raises ConfigError."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no ISO 8601 time") from error
    if time.tzinfo is None:
        raise ConfigError(f"{text!r} has no offset from UTC (write 2024-02-11T07:42:19Z)")
    try:
        return time.astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        raise ConfigError(f"{text!r} is out of range") from error


def impossible(at: datetime, now: datetime) -> str:
    """Why no page was captured at a time, empty where one may have been: a tool that knows no time writes the year 1 or 1970."""
    if at < _FIRST_WEB:
        return "is older than the web"
    return "is yet to come" if at > now + _CLOCKS_DIFFER else ""


def printable(value: str) -> str:
    """The value of a header without characters that no record holds."""
    return "".join(c for c in value if c.isprintable())


def _says(tag: str, word: str) -> bool:
    agent, colon, rest = tag.partition(":")
    name = agent.strip().lower()
    if colon and "," not in agent and name != "unavailable_after":
        return name == "careerscape" and _says(rest, word)
    return word in (part.strip().lower() for part in tag.split(","))


def media_type_of(header: str) -> str:
    """The type that a Content-Type header gives; HTML where it gives none that can be understood."""
    name = header.partition(";")[0].strip().lower()
    return name if _MEDIA_TYPE.fullmatch(name) and name != "application/xhtml+xml" else "text/html"


def charset_of(header: str) -> str:
    """The label of the encoding that a Content-Type header gives, empty where it gives none."""
    for parameter in header.split(";")[1:]:
        name, _, value = parameter.partition("=")
        label = value.strip().strip("\"'")
        if name.strip().lower() == "charset":
            return label if _LABEL.fullmatch(label) else ""
    return ""
