"""WACZ files: what they list is taken, what is wrong with them is named."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from tests.crawled import page, put, read, told, zipped

WARC = zipped(page(0), page(1))
NAME = "archive/data.warc.gz"


def listed(*files: tuple[str, bytes], **more: object) -> bytes:
    resources = [
        {"name": name.rpartition("/")[2], "path": name, "hash": f"sha256:{hashlib.sha256(data).hexdigest()}", "bytes": len(data)}
        for name, data in files
    ]
    return json.dumps({"profile": "data-package", "wacz_version": "1.1.1", "resources": resources} | more).encode()


def packed(path: Path, *entries: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in entries:
            file.writestr(zipfile.ZipInfo(name), data, method)
    return path


GOOD = {
    "stored": ([(NAME, WARC), ("datapackage.json", listed((NAME, WARC)))], ["0", "1"]),
    "two files": (
        [("archive/b.warc", page(2)), (NAME, WARC), ("datapackage.json", listed((NAME, WARC), ("archive/b.warc", page(2))))],
        ["2", "0", "1"],
    ),
    "with the digest of its list": (
        [(NAME, WARC), ("datapackage.json", listed((NAME, WARC))), ("datapackage-digest.json", json.dumps(
            {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(listed((NAME, WARC))).hexdigest()}"}).encode())],
        ["0", "1"],
    ),
    "one of two is not what the list says": (
        [("archive/b.warc", page(3)), (NAME, WARC), ("datapackage.json", listed((NAME, WARC), ("archive/b.warc", page(2))))],
        ["digest_differs", "0", "1"],
    ),
    "one of two is not listed": (
        [("archive/b.warc", page(3)), (NAME, WARC), ("datapackage.json", listed((NAME, WARC)))],
        ["bad_archive", "0", "1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wacz_file(tmp_path, name, method):
    entries, expected = GOOD[name]
    assert told(packed(tmp_path / "x.wacz", *entries, method=method)) == expected


PACKAGE = ("datapackage.json", listed((NAME, WARC)))
BAD = {
    "no list": [(NAME, WARC)],
    "a list that is none": [(NAME, WARC), ("datapackage.json", b"{}")],
    "a list that is no JSON": [(NAME, WARC), ("datapackage.json", b"{")],
    "a list nested too deeply": [(NAME, WARC), ("datapackage.json", b"[" * 100_000)],
    "no WARC file": [PACKAGE],
    "other WACZ files": [("inner.wacz", b"x"), ("datapackage.json", listed(("inner.wacz", b"x")))],
    "a name that leads out": [(NAME, WARC), PACKAGE, ("../x", b"x")],
    "an absolute name": [(NAME, WARC), PACKAGE, ("/etc/x", b"x")],
    "no digest": [(NAME, WARC), ("datapackage.json", json.dumps({"resources": [{"path": NAME}]}).encode())],
    "the digest of its list differs": [(NAME, WARC), PACKAGE, ("datapackage-digest.json", b'{"hash": "sha256:00"}')],
    "the digest of its list is none": [(NAME, WARC), PACKAGE, ("datapackage-digest.json", b"[]")],
}


@pytest.mark.parametrize("name", BAD)
def test_a_wacz_file_that_cannot_be_used_is_named(tmp_path, name):
    path = packed(tmp_path / "x.wacz", *BAD[name])
    (item,) = read(path)
    assert item.what.code == ("digest_differs" if "digest of its list" in name else "bad_archive")
    assert str(path) in item.what.message


def test_hostile_and_broken_zips_are_refused(tmp_path):
    whole = packed(tmp_path / "whole.wacz", *GOOD["stored"][0]).read_bytes()
    bomb = packed(tmp_path / "bomb.wacz", (NAME, bytes(90 << 20)), PACKAGE, method=zipfile.ZIP_DEFLATED)
    encrypted = bytearray(whole)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[whole.index(signature) + at] |= 1
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = packed(tmp_path / "twice.wacz", (NAME, WARC), (NAME, WARC), PACKAGE)
    broken = {
        "cut": whole[:-30],
        "half": whole[: len(whole) // 2],
        "empty": b"",
        "words": b"words",
        "encrypted": bytes(encrypted),
    }
    paths = [put(tmp_path / f"{name}.wacz", data) for name, data in broken.items()]
    for path in [bomb, twice, *paths]:
        assert told(path) == ["bad_archive"], path


def test_a_flipped_byte_in_a_file_is_found(tmp_path):
    data = bytearray(packed(tmp_path / "x.wacz", *GOOD["stored"][0]).read_bytes())
    data[data.index(WARC) + 200] ^= 1
    (word,) = told(put(tmp_path / "y.wacz", bytes(data)))
    assert word in ("bad_archive", "digest_differs")


def test_what_is_no_file(tmp_path):
    (tmp_path / "folder.wacz").mkdir()
    assert [told(tmp_path / name) for name in ("folder.wacz", "gone.wacz")] == [["unreadable_file"]] * 2
