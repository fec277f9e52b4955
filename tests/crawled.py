"""WARC records as other tools write them, made by hand where they have to be wrong."""

import base64
import gzip
import hashlib
from datetime import UTC, datetime
from pathlib import Path

from scraper import crawls
from scraper.crawls import Item
from scraper.warcs.found import Confirmed, Found
from tests.figures import SEED, as_html

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "fixtures" / "archives"
URL, BODY = SEED.url, as_html(SEED)
AT = "2024-03-01T10:00:00Z"
HTML = "Content-Type: text/html; charset=utf-8"


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def http(body: bytes = BODY, *headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *(headers or (HTML,)), "", "")).encode() + body


def record(block: bytes, kind: str = "response", length: int | None = None, version: str = "1.0", **fields: str) -> bytes:
    """A record; an underscore in a field's name stands for a hyphen, and a field without a value is left out."""
    given = {"WARC_Target_URI": URL, "WARC_Date": AT, "Content_Type": "application/http; msgtype=response"} | fields
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items() if value]
    size = len(block) if length is None else length
    head = [f"WARC/{version}", f"WARC-Type: {kind}", *lines, f"Content-Length: {size}", "", ""]
    return "\r\n".join(head).encode() + block + b"\r\n\r\n"


def page(number: int = 0, digest: bool = False, body: bytes = BODY, **fields: str) -> bytes:
    """A response, each number at another minute."""
    proof = {"WARC_Payload_Digest": sha1(body)} if digest else {}
    return record(http(body), **{"WARC_Date": f"2024-03-01T10:{number:02}:00Z"} | proof | fields)


def revisit(at: str = "2024-05-01T10:00:00Z", block: bytes = b"", body: bytes = BODY, **fields: str) -> bytes:
    profile = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    given = {"WARC_Date": at, "WARC_Profile": profile, "WARC_Payload_Digest": sha1(body)} | fields
    return record(block, "revisit", **given)


def zipped(*records: bytes) -> bytes:
    """One member a record."""
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read(path: Path) -> list[Item]:
    return list(crawls.items(path, NOW))


def told(path: Path) -> list[str]:
    """What stands in a file: minutes of captures, `?` for a confirmation, codes of findings."""
    return [_word(item) for item in read(path)]


def _word(item: Item) -> str:
    if isinstance(item.what, Found):
        return str(item.what.capture.captured_at.minute)
    return "?" if isinstance(item.what, Confirmed) else item.what.code
