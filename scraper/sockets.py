"""Connections whose every wait ends with the deadline of the request, made to addresses that a guard permits.

They have the form that httpcore asks of a network stream, and raise Failed instead of its errors.
"""

import ipaddress
import socket
import ssl
import threading
import time
from typing import Any, Literal

from scraper import addresses
from scraper.addresses import Guard

Failure = Literal["timeout", "dns_error", "connection_error", "tls_error", "refused_address", "protocol_error", "truncated"]
MAX_HEAD_BYTES = 1 << 18
"""The most that a server may send before the body, interim answers (1xx) included."""


class Failed(Exception):
    """A connection that could not be made or used, or an answer that could not: how its request ends, and why."""

    def __init__(self, outcome: Failure, detail: str) -> None:
        super().__init__(detail)
        self.outcome: Failure = outcome
        self.detail = detail


class Limits:
    """How long a request may still last, how much may come before its body, and the address that it goes to."""

    def __init__(self) -> None:
        self.address = ""
        self._until = 0.0
        self._head_left: int | None = None

    def start(self, seconds: float) -> None:
        """A new request begins."""
        self.address = ""
        self._until = time.monotonic() + seconds
        self._head_left = MAX_HEAD_BYTES

    def left(self, waiting_for: str) -> float:
        """The seconds that are left; Failed where there are none."""
        if (left := self._until - time.monotonic()) <= 0:
            raise self.over(waiting_for)
        return left

    def over(self, waiting_for: str) -> Failed:
        """What is raised when the time is over."""
        return Failed("timeout", f"{waiting_for} took all the time")

    def received(self, count: int) -> None:
        """Bytes have come; Failed where they are too many before a body."""
        if self._head_left is not None:
            self._head_left -= count
            if self._head_left < 0:
                raise Failed("protocol_error", f"more than {MAX_HEAD_BYTES:,} bytes before a body")

    def head_ended(self) -> None:
        """What comes now is the body."""
        self._head_left = None


class Connections:
    """Makes connections. A name is looked up once a connection, and what is connected to is an address of that answer."""

    def __init__(self, limits: Limits, guard: Guard) -> None:
        self._limits = limits
        self._guard = guard

    def made(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> "Stream":
        """Connect to the first address of a host that answers; each gets its share of the time that is left. With `tls`, the
        certificate is checked for the host's name.

        Where one address of a host is refused, the host is: an answer that mixes them is no honest one.
        """
        if addresses.ambiguous(host):
            raise Failed("refused_address", f"{host} can be understood in two ways")
        found = _addresses(host, port, self._limits)
        for address in found:
            if reason := self._guard.check(host, address):
                raise Failed("refused_address", reason if address == host else f"{host} has the address {reason}")
        error: Failed = Failed("dns_error", f"{host} has no address")
        for later in range(len(found) - 1, -1, -1):
            address = found[-1 - later]
            try:
                sock = _connected(address, port, self._limits, later + 1)
                break
            except Failed as failed:
                error = failed
        else:
            raise error
        self._limits.address = address
        try:
            return Stream(_secured(sock, host, tls, self._limits) if tls else sock, self._limits)
        except BaseException:
            sock.close()
            raise


def _addresses(host: str, port: int, limits: Limits) -> list[str]:
    """The addresses of a host. A look-up cannot be ended, so it has a thread of its own, which is left to itself in the end."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    found: list[list[str] | Exception] = []

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.append(list(dict.fromkeys(str(info[4][0]) for info in infos)))
        except (OSError, UnicodeError) as error:
            found.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(limits.left("the look-up of the name"))
    if not found:
        raise limits.over(f"the look-up of {host}")
    if isinstance(answer := found[0], Exception):
        raise Failed("dns_error", str(answer)) from answer
    return answer


def _connected(address: str, port: int, limits: Limits, shares: int) -> socket.socket:
    """A connection to an address, which needs no look-up, in a share of the time that is left."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(limits.left("connecting") / shares)
        sock.connect((address, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except TimeoutError:
        sock.close()
        raise limits.over(f"connecting to {address}") from None
    except OSError as error:
        sock.close()
        raise Failed("connection_error", f"{address}: {error.strerror or error}") from error
    except BaseException:
        sock.close()
        raise
    return sock


def _secured(sock: socket.socket, host: str, context: ssl.SSLContext, limits: Limits) -> socket.socket:
    """The same connection under TLS."""
    try:
        sock.settimeout(limits.left("TLS"))
        return context.wrap_socket(sock, server_hostname=host)
    except TimeoutError:
        raise limits.over("TLS") from None
    except ssl.SSLError as error:
        raise Failed("tls_error", str(error)) from error
    except ValueError as error:
        raise Failed("tls_error", f"no certificate can be for {host!r}") from error
    except OSError as error:
        raise Failed("connection_error", error.strerror or str(error)) from error


class Stream:
    """A connection whose waits end with the deadline."""

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self._sock = sock
        self._limits = limits

    def read(self, max_bytes: int, **_: Any) -> bytes:
        """Up to `max_bytes`; none where the other side has closed."""
        try:
            self._sock.settimeout(self._limits.left("the answer"))
            data = self._sock.recv(max_bytes)
        except TimeoutError:
            raise self._limits.over("the answer") from None
        except OSError as error:
            raise Failed("connection_error", error.strerror or str(error)) from error
        self._limits.received(len(data))
        return data

    def write(self, buffer: bytes, **_: Any) -> None:
        """All of the buffer; where the other side takes no more, its answer tells why."""
        if not buffer:
            return
        try:
            self._sock.settimeout(self._limits.left("the request"))
            self._sock.sendall(buffer)
        except TimeoutError:
            raise self._limits.over("the request") from None
        except OSError:
            return

    def close(self) -> None:
        """End the connection."""
        self._sock.close()

    def get_extra_info(self, _: str) -> None:
        """Nothing that httpcore has to know."""
