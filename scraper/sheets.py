"""Tables in files that people bring: text with tabs or commas, xlsx, and zips or folders of them.

The header is looked for in the first rows, whatever the file is called. Sizes are bounded before anything is unpacked.
"""

import csv
import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from xml.etree.ElementTree import ParseError

from normalize.errors import UsageError
from normalize.folding import fold

MOST_BYTES = 200_000_000
"""Of one file, and of all that an xlsx file unpacks to."""

MOST_FILES = 1000
_FIRST_ROWS = 30
_MOST_ROWS = 2_000_000
_HEAD_BYTES = 1 << 16
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_WORKBOOK = "xl/workbook.xml"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    KeyError,
    ValueError,
    IndexError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
)
_INSTALL = "xlsx files need openpyxl: pip install 'careerscape[xlsx]', or save the file as csv"

Row = tuple[str, ...]
Known = Callable[[Row], bool]
"""Whether a row of folded cells is the header of a table that is looked for."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: what stands above its header, the folded titles of its columns, its rows, each with the number of its line, and
    the name of its file.

    Every row has as many cells as the header.
    """

    banner: str
    header: Row
    rows: tuple[tuple[int, Row], ...]
    name: str = ""

    def columns(self, *names: str) -> Iterator[tuple[int, Row]]:
        """The cells of some columns of each row; empty for a column that is not there."""
        at = [self.header.index(name) if name in self.header else None for name in names]
        for line, row in self.rows:
            yield line, tuple("" if n is None else row[n] for n in at)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that can be read: alone, in a folder or in a zip."""

    name: str
    size: int
    _part: Callable[[int], bytes]

    def head(self) -> bytes:
        """Its first bytes, as many as a header needs."""
        return self._part(_HEAD_BYTES)

    def body(self) -> bytes:
        """All its bytes. Raises UsageError where they are too many."""
        body = self._part(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise UsageError(f"{self.name}: more than {MOST_BYTES:,} bytes")
        return body


def entries(path: Path) -> list[Entry]:
    """The files at a path, by name: itself, those of a folder, those of a zip that is no xlsx. Raises UsageError."""
    try:
        if path.is_dir():
            found = [_file(entry) for entry in path.iterdir() if entry.is_file() and not entry.name.startswith(".")]
        elif not path.is_file():
            raise UsageError(f"{path}: no such file")
        elif _is_zip(path):
            found = _members(path)
        else:
            found = [_file(path)]
    except (OSError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path}: {error}") from error
    if len(found) > MOST_FILES:
        raise UsageError(f"{path}: more than {MOST_FILES:,} files")
    return sorted(found, key=lambda entry: entry.name)


def _file(path: Path) -> Entry:
    def part(size: int) -> bytes:
        with path.open("rb") as file:
            return file.read(size)

    return Entry(path.name, path.stat().st_size, part)


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        if file.read(4) != _ZIP:
            return False
    with zipfile.ZipFile(path) as archive:
        return _WORKBOOK not in archive.namelist()


def _members(path: Path) -> list[Entry]:
    def member(info: zipfile.ZipInfo) -> Entry:
        def part(size: int) -> bytes:
            try:
                with zipfile.ZipFile(path) as archive, archive.open(info) as file:
                    return file.read(size)
            except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
                raise UsageError(f"{path}: {info.filename}: {error}") from error

        return Entry(Path(info.filename).name, info.file_size, part)

    with zipfile.ZipFile(path) as archive:
        return [member(info) for info in archive.infolist() if not info.is_dir()]


def table(entry: Entry, known: Known) -> Sheet | None:
    """The first table of a file whose folded header is known, None where there is none, also in what is neither text nor xlsx.

    Raises UsageError for a torn table, and for a spreadsheet that cannot be read.
    """
    head = entry.head()
    if head.startswith(_OLD_EXCEL):
        raise UsageError(f"{entry.name}: an old Excel file; save it as xlsx or csv")
    if head.startswith(_ZIP):
        return _of_workbook(entry, known)
    if b"\0" in head:
        return None
    lines = _text(entry, head, cut=entry.size > len(head)).split("\n", _FIRST_ROWS)[:_FIRST_ROWS]
    header = next((line for line in lines if known(_header(next(_read(entry, line, "\t" in line), ())))), None)
    if header is None:
        return None
    tabs = "\t" in header
    return _sheet(entry, _read(entry, _text(entry, entry.body()), tabs), known, ragged=not tabs)


def _text(entry: Entry, body: bytes, cut: bool = False) -> str:
    if b"\0" in body:
        raise UsageError(f"{entry.name}: neither text nor xlsx")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if cut and error.start > len(body) - 4:
            return body[: error.start].decode("utf-8-sig")
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError as error:
        raise UsageError(f"{entry.name}: neither UTF-8 nor Windows-1252 text") from error


def _read(entry: Entry, text: str, tabs: bool) -> Iterator[Row]:
    """Rows; quotes mean nothing between tabs."""
    lines = io.StringIO(text, newline="")
    rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if tabs else csv.reader(lines, strict=True)
    try:
        for row in rows:
            yield tuple(cell.strip() for cell in row)
    except csv.Error as error:
        raise UsageError(f"{entry.name}: line {rows.line_num}: {error}") from error


def _of_workbook(entry: Entry, known: Known) -> Sheet | None:
    try:
        import openpyxl
    except ImportError:
        raise UsageError(f"{entry.name}: {_INSTALL}") from None
    body = io.BytesIO(entry.body())
    try:
        with zipfile.ZipFile(body) as archive:
            if _WORKBOOK not in archive.namelist():
                return None
            unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > MOST_BYTES:
            raise UsageError(f"{entry.name}: it unpacks to more than {MOST_BYTES:,} bytes")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(body, read_only=True, data_only=True)
            for worksheet in workbook.worksheets:
                worksheet.reset_dimensions()
                rows = (tuple("" if v is None else str(v).strip() for v in row) for row in worksheet.iter_rows(values_only=True))
                if sheet := _sheet(entry, rows, known):
                    return sheet
    except _BROKEN as error:
        raise UsageError(f"{entry.name}: it cannot be read as xlsx: {error}") from error
    return None


def _sheet(entry: Entry, rows: Iterator[Row], known: Known, ragged: bool = True) -> Sheet | None:
    above: list[Row] = []
    for row in islice(rows, _FIRST_ROWS):
        if known(header := _header(row)):
            body = tuple(_rows(entry, rows, len(header), len(above) + 2, ragged))
            return Sheet("\n".join(" ".join(filter(None, cells)) for cells in above), header, body, entry.name)
        above.append(row)
    return None


def _header(row: Row) -> Row:
    return tuple(map(fold, row))


def _rows(entry: Entry, rows: Iterator[Row], width: int, first: int, ragged: bool) -> Iterator[tuple[int, Row]]:
    for number, row in enumerate(rows, first):
        if number > _MOST_ROWS:
            raise UsageError(f"{entry.name}: more than {_MOST_ROWS:,} rows")
        if not any(row):
            continue
        if any(row[width:]) or (len(row) < width and not ragged):
            raise UsageError(f"{entry.name}: row {number} has {len(row)} cells under {width} titles: is the file cut off?")
        yield number, (*row[:width], *[""] * (width - len(row)))
