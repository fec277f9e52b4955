"""A web server on this machine that shows the bundled pages, with a robots.txt and a sitemap, as a site would."""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8647
"""The usual port, so that a page has the same address in every demo; another one where it is taken."""

CRAWL_DELAY_S = 0.1
_ROBOTS = f"User-agent: *\nCrawl-delay: {CRAWL_DELAY_S}\nDisallow: /account/\n"


@contextmanager
def serving(pages: Mapping[str, bytes]) -> Iterator[str]:
    """Serve pages (path to bytes) for as long as the context lasts; the value is the address of the site's root."""
    server = _listen(pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _listen(pages: Mapping[str, bytes]) -> "_Server":
    try:
        return _Server(PORT, pages)
    except OSError:
        return _Server(0, pages)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, pages: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        root = f"http://127.0.0.1:{self.server_port}"
        addresses = "".join(f"<url><loc>{escape(root + path)}</loc></url>" for path in pages)
        sitemap = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{addresses}</urlset>'
        self.shown = {path: ("text/html; charset=utf-8", body) for path, body in pages.items()} | {
            "/robots.txt": ("text/plain; charset=utf-8", f"{_ROBOTS}Sitemap: {root}/sitemap.xml\n".encode()),
            "/sitemap.xml": ("application/xml", sitemap.encode()),
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        kind, body = self.server.shown.get(self.path, ("text/plain; charset=utf-8", b"There is no such page.\n"))
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        if self.path in self.server.shown and self.headers["If-None-Match"] == tag:
            self.send_response(304)
            self.send_header("ETag", tag)
            self.end_headers()
            return
        self.send_response(200 if self.path in self.server.shown else 404)
        self.send_header("Content-Type", kind)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing: the command reports for itself."""
