"""Canonical URLs: the one spelling under which a page is known."""

import re
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from normalize.errors import UsageError
from scraper import sites

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AS_THEY_ARE = "/%:@!$&'()*+,;=~[]"
LONGEST = 2000

_EVEN = re.compile(r"(?:/(?!\.)|[\w~.:@!$&'()*+,=-])*", re.ASCII)
"""Paths that have no other spelling: no escapes, no dot segments."""

_MEANT = re.compile(r";|%(?![0-9A-F]{2})|%(?:2[146-9A-C]|3[AD]|40|5[BD]|7C)", re.IGNORECASE)
"""Paths that are left as they are: with parameters, a stray `%`, or an escape that hides a delimiter on purpose."""

_FIELD = re.compile(r"[^=;]+=[^;]*")
_NAME = re.compile(r"[a-z0-9_-][a-z0-9_.-]*")


def canonical(url: str) -> str:
    """Scheme and host in lower case and ASCII, no default port, no fragment, no user, dot segments resolved, characters
    percent-encoded where they have to be and only there, the fields of a query in order of their names; a comparison page
    without query and closing slash, and on the https address of its site's first host.

    A path or query that another spelling could change the meaning of keeps its own. Raises UsageError for what is no http(s)
    address.
    """
    parts, port = _split(url)
    scheme, host = parts.scheme.lower(), _host(parts.hostname or "", url)
    path, query = _path(quote(parts.path or "/", _AS_THEY_ARE)), _query(quote(parts.query, _AS_THEY_ARE + "?"))
    if found := sites.of(path.rstrip("/")):
        path, query = path.rstrip("/"), ""
        if host in found[0].hosts and port in (None, 80, 443):
            scheme, host, port = "https", found[0].hosts[0], None
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port in (None, _DEFAULT_PORTS[scheme]) else f"{shown}:{port}"
    address = urlunsplit((scheme, netloc, path, query, ""))
    if len(address) > LONGEST:
        raise UsageError(f"{url[:200]!r} is too long")
    return address


def _path(path: str) -> str:
    if _EVEN.fullmatch(path) or _MEANT.search(path):
        return path
    from w3lib.url import canonicalize_url

    return urlsplit(canonicalize_url(f"http://h{path}")).path


def _query(query: str) -> str:
    """Named fields only, each once, can change places."""
    fields = query.split("&")
    if not all(map(_FIELD.fullmatch, fields)):
        return query
    from w3lib.url import canonicalize_url, parse_qsl_to_bytes

    names = [name for name, _ in parse_qsl_to_bytes(query, keep_blank_values=True)]
    return urlsplit(canonicalize_url(f"http://h/?{query}")).query if len(set(names)) == len(names) else query


def _host(name: str, url: str) -> str:
    low = name.lower()
    try:
        host = low.encode("ascii" if low.isascii() else "idna").decode("ascii").rstrip(".")
    except UnicodeError as error:
        raise UsageError(f"{url[:200]!r} has a host name that cannot be") from error
    if ":" not in host and not _NAME.fullmatch(host):
        raise UsageError(f"{url[:200]!r} has a host name that cannot be")
    return host


def _split(url: str) -> tuple[SplitResult, int | None]:
    text = url.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url[:200]!r} is no address: {error}") from error
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        raise UsageError(f"{url[:200]!r} is no http or https address")
    if len(text) > LONGEST or any(c.isspace() or not c.isprintable() for c in text):
        raise UsageError(f"{url[:200]!r} is too long or has characters that an address cannot have")
    return parts, port
