"""WACZ files: zip archives of WARC files, with a list of what they hold and its digests (WACZ 1.1)."""

import hashlib
import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from normalize.errors import Rejected

_LIST, _DIGEST_OF_LIST = "datapackage.json", "datapackage-digest.json"
_WARC = re.compile(r"archive/[^/]+\.warc(?:\.gz)?", re.IGNORECASE)
_LONGEST_LIST = 16 << 20
_MOST_FILES = 100_000
_LIKELY_BYTES, _LIKELY_RATIO = 64 << 20, 200
_ENCRYPTED = 1
_CHUNK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


class _Resource(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    path: str
    hash: str = ""
    size: int | None = Field(default=None, alias="bytes")


class _Package(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    resources: list[_Resource]


class Wacz:
    """An open WACZ file; `names` are the WARC files in it."""

    def __init__(self, file: zipfile.ZipFile, size: int) -> None:
        self._file = file
        infos = file.infolist()
        _refuse(infos, size)
        self._infos = {info.filename: info for info in infos}
        self.names = tuple(sorted(name for name in self._infos if _WARC.fullmatch(name)))
        self._listed = {resource.path: resource for resource in self._package().resources}
        if not self.names:
            inner = any(name.lower().endswith(".wacz") for name in self._infos)
            raise Rejected("bad_archive", f"no WARC file lies in it{', but other WACZ files: import each of them' * inner}")

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """One of the WARC files, as a file without a name that can be sought in. Raises Rejected, also where it is not what the
        list says."""
        listed = self._listed.get(name) or self._listed.get(name.removeprefix("archive/"))
        if listed is None:
            raise Rejected("bad_archive", f"{_LIST} does not list {name}")
        algorithm, _, expected = listed.hash.lower().partition(":")
        if algorithm not in ("sha256", "md5"):
            raise Rejected("bad_archive", f"{_LIST} gives no digest of {name} that is known")
        with tempfile.TemporaryFile() as copy:
            digest, size = hashlib.new(algorithm, usedforsecurity=False), 0
            try:
                with self._file.open(name) as packed:
                    while chunk := packed.read(_CHUNK):
                        digest.update(chunk)
                        size += len(chunk)
                        copy.write(chunk)
                copy.seek(0)
            except _BROKEN as error:
                raise Rejected("bad_archive", f"{name} in it cannot be read ({error})") from error
            if digest.hexdigest() != expected or listed.size not in (None, size):
                raise Rejected("digest_differs", f"{name} is not what {_LIST} says")
            yield cast(BinaryIO, copy)

    def _package(self) -> _Package:
        text = self._small(_LIST)
        try:
            if _DIGEST_OF_LIST in self._infos:
                said = json.loads(self._small(_DIGEST_OF_LIST))
                stated = str(said.get("hash", "")) if isinstance(said, dict) else ""
                if stated.lower() != f"sha256:{hashlib.sha256(text).hexdigest()}":
                    raise Rejected("digest_differs", f"{_LIST} is not what {_DIGEST_OF_LIST} says")
            return _Package.model_validate_json(text)
        except (ValidationError, ValueError, RecursionError) as error:
            what = "it is no list of files" if isinstance(error, ValidationError) else str(error)
            raise Rejected("bad_archive", f"{_LIST} in it cannot be understood ({what})") from error

    def _small(self, name: str) -> bytes:
        info = self._infos.get(name)
        if info is None:
            raise Rejected("bad_archive", f"no {name} lies in it")
        if info.file_size > _LONGEST_LIST:
            raise Rejected("bad_archive", f"{name} in it has more than {_LONGEST_LIST >> 20} MiB")
        try:
            return self._file.read(name)
        except _BROKEN as error:
            raise Rejected("bad_archive", f"{name} in it cannot be read ({error})") from error


@contextmanager
def opened(path: Path) -> Iterator[Wacz]:
    """A WACZ file. Raises Rejected `bad_archive`, `digest_differs` or `unreadable_file`."""
    try:
        if not path.is_file():
            raise Rejected("unreadable_file", "it is no regular file")
        size = path.stat().st_size
        file = zipfile.ZipFile(path)
    except OSError as error:
        raise Rejected("unreadable_file", error.strerror or str(error)) from error
    except _BROKEN as error:
        raise Rejected("bad_archive", f"it is no zip archive that can be read ({error})") from error
    with file:
        yield Wacz(file, size)


def _refuse(infos: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse what no tool writes and only harms."""
    if len(infos) > _MOST_FILES:
        raise Rejected("bad_archive", f"it has {len(infos):,} entries, at most {_MOST_FILES:,}")
    if len({info.filename for info in infos}) != len(infos):
        raise Rejected("bad_archive", "two entries have one name")
    for info in infos:
        name = info.filename
        if name.startswith("/") or "\\" in info.orig_filename or ".." in name.split("/") or ":" in name.split("/")[0]:
            raise Rejected("bad_archive", f"the entry {name[:100]!r} leads out of it")
        if info.flag_bits & _ENCRYPTED:
            raise Rejected("bad_archive", f"the entry {name[:100]!r} is encrypted")
        if info.file_size > _LIKELY_BYTES + _LIKELY_RATIO * info.compress_size:
            raise Rejected("bad_archive", f"the entry {name[:100]!r} unpacks to more than {_LIKELY_RATIO} times its size")
    if sum(info.compress_size for info in infos) > size:
        raise Rejected("bad_archive", "its entries overlap")
