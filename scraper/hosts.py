"""Which hosts may be asked, and how long a pause they get before they have a say themselves."""

import math
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from normalize.errors import UsageError
from scraper import sites
from scraper.addresses import is_loopback
from scraper.politeness import DEFAULT_DELAY_S
from scraper.urls import canonical

_WEB_PORTS = (None, 80, 443)


class Hosts:
    """Which hosts may be asked: those of the site files, and those that the user permits (`HOST` or `HOST:PORT`).

    With `only_near`, none but this machine itself. Raises UsageError for what is no host and no pause.
    """

    def __init__(self, allowed: Iterable[str] = (), delay_s: float | None = None, only_near: bool = False) -> None:
        if delay_s is not None and not (math.isfinite(delay_s) and delay_s >= 0):
            raise UsageError(f"a pause of {delay_s} seconds cannot be kept")
        self._allowed = {_host_and_port(host) for host in allowed}
        self._delay_s = delay_s
        self._only_near = only_near

    def permits(self, url: str) -> bool:
        """Whether a page of this address may be asked for."""
        if self._only_near and not is_loopback(url):
            return False
        parts = urlsplit(url)
        if parts.port in _WEB_PORTS and _site(url) is not None:
            return True
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return bool({(parts.hostname or "", None), (parts.hostname or "", port)} & self._allowed)

    def delays(self, url: str) -> Iterator[tuple[float, str]]:
        """The seconds between two requests before the host has a say, and who asks for them."""
        if site := _site(url):
            yield site.delay_s, f"sites/{site.name}.toml"
        elif self._delay_s is None:
            yield DEFAULT_DELAY_S, "default"
        if self._delay_s is not None:
            yield self._delay_s, "--delay"


def _host_and_port(text: str) -> tuple[str, int | None]:
    """What `--allow-host` names; the port is None for any."""
    host = text.strip()
    shown = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
    try:
        parts = urlsplit(f"//{shown}")
        port, name = parts.port, urlsplit(canonical(f"http://{shown}/")).hostname
    except (UsageError, ValueError) as error:
        raise UsageError(f"{text!r} is no host: write HOST or HOST:PORT") from error
    if not name or parts.netloc != shown or "@" in shown or (parts.path, parts.query, parts.fragment) != ("", "", ""):
        raise UsageError(f"{text!r} is no host: write HOST or HOST:PORT")
    return name, port


def _site(url: str) -> sites.Site | None:
    host = urlsplit(url).hostname
    return next((site for site in sites.load() if host in site.hosts), None)
