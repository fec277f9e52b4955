"""Bytes to Document: the reader is chosen by media type and content; a file of another kind is refused."""

from normalize.errors import Rejected
from scraper.document import Document
from scraper.readers.encoding import BOMS, sniff
from scraper.readers.links import Links, of_html, of_text

MAX_BYTES = 10 * 1024 * 1024
"""The most that a page may have, decoded (10 MiB)."""

_MAGIC = (
    (b"%PDF-", "a PDF"), (b"PK\x03\x04", "a ZIP archive or office document"), (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"), (b"\xff\xd8\xff", "a JPEG image"), (b"\x1f\x8b", "gzip data"), (b"BZh", "bzip2 data"),
    (b"\x28\xb5\x2f\xfd", "zstandard data"), (b"7z\xbc\xaf", "a 7z archive"), (b"SQLite format 3\0", "a SQLite database"),
    (b"\x7fELF", "a program"), (b"WARC/", "a WARC file"), (b"RIFF", "RIFF media"), (b"\0asm", "a WebAssembly module"),
)  # fmt: skip
_CONTROL = bytes((*range(0x01, 0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)))


def read(body: bytes, media_type: str, charset: str = "", boxes: bool = False) -> Document:
    """The document that `body` holds. `media_type` and `charset` are what a header said; with `boxes` an HTML page is looked at
    for the second time, for tables that are drawn with boxes.

    Raises Rejected `empty`, `too_large` or `wrong_type`.
    """
    _refuse(body, media_type)
    if media_type == "text/plain":
        from scraper.readers import text

        return text.read(*sniff(body, charset, html=False))
    from scraper.readers import html

    return html.read(body, charset, boxes)


def links(body: bytes, media_type: str, charset: str = "") -> Links:
    """The links of the page that `body` holds. Raises Rejected as `read` does."""
    _refuse(body, media_type)
    if media_type == "text/plain":
        return of_text(sniff(body, charset, html=False)[0])
    return of_html(body, charset)


def _refuse(body: bytes, media_type: str) -> None:
    if len(body) > MAX_BYTES:
        raise Rejected("too_large", f"{len(body):,} bytes, at most {MAX_BYTES:,}")
    if not body.strip(b" \t\r\n\f\0\xef\xbb\xbf"):
        raise Rejected("empty", f"{len(body)} bytes")
    _refuse_other_kinds(body)
    if media_type not in ("text/html", "text/plain"):
        raise Rejected("wrong_type", f"its type is {media_type}")


def _refuse_other_kinds(body: bytes) -> None:
    head = body[:1024]
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise Rejected("wrong_type", f"it is {kind}")
    if not head.startswith(BOMS) and len(head) - len(head.translate(None, _CONTROL)) > len(head) // 16:
        raise Rejected("wrong_type", "it is binary data")
