"""Canonical URLs: the one spelling under which a page is known."""

from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from normalize.errors import UsageError
from scraper import sites

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AS_THEY_ARE = "/%:@!$&'()*+,;=~[]"
LONGEST = 2000


def canonical(url: str) -> str:
    """Scheme and host in lower case and ASCII, no default port, no fragment, no user, other characters percent-encoded; a
    comparison page without query and closing slash, and on the https address of its site's first host.

    Raises UsageError for what is no http(s) address.
    """
    parts, port = _split(url)
    scheme, host = parts.scheme.lower(), _host(parts.hostname or "", url)
    path, query = quote(parts.path or "/", _AS_THEY_ARE), quote(parts.query, _AS_THEY_ARE + "?")
    if found := sites.of(path.rstrip("/")):
        path, query = path.rstrip("/"), ""
        if host in found[0].hosts and port in (None, 80, 443):
            scheme, host, port = "https", found[0].hosts[0], None
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port in (None, _DEFAULT_PORTS[scheme]) else f"{shown}:{port}"
    return urlunsplit((scheme, netloc, path, query, ""))


def _host(name: str, url: str) -> str:
    try:
        return name.rstrip(".").lower().encode("ascii" if name.isascii() else "idna").decode("ascii")
    except UnicodeError as error:
        raise UsageError(f"{url[:200]!r} has a host name that cannot be") from error


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
