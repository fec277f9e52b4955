"""The index of the archive: which capture lies where, and which body it confirms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from db.batches import marks
from normalize.findings import Finding

_VALIDATORS_KEPT = 2
_BODIES = (
    "SELECT id FROM page_capture WHERE substr(sha256, 1, 8) = substr(:sha256, 1, 8) AND sha256 = :sha256 "
    "AND body_capture_id IS NULL"
)
"""The captures that hold a body; the index knows its first eight bytes."""
_FORM = (
    "SELECT id FROM capture_form WHERE origin = ? AND time_source = ? AND media_type = ? AND charset = ? "
    "AND ifnull(http_status, -1) = ifnull(?, -1)"
)
_FILE = "SELECT id FROM archive_file WHERE name = ?"
RECORD = "w.name, b.warc_offset, b.warc_length, lower(hex(c.sha256)), k.media_type, k.charset, p.url"
OF_RECORD = "JOIN page p ON p.id = c.page_id JOIN capture_form k ON k.id = c.form_id JOIN archive_file w ON w.id = b.warc_file_id"


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """One capture as it is indexed; times are ISO 8601 in UTC, the sha256 is hexadecimal."""

    capture_id: str
    url: str
    captured_at: str
    fetched_at: str
    origin: str
    time_source: str
    media_type: str
    charset: str
    http_status: int | None
    sha256: str
    warc_file: str
    warc_offset: int
    warc_length: int
    body_of: int | None = None
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A body that lies in the archive: the row of its capture, under which address and time it was written, where, and its
    sha256."""

    row_id: int
    url: str
    captured_at: str
    warc_file: str
    warc_offset: int
    warc_length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Basis:
    """The capture that a conditional request is based on: its validators, where its body lies and its sha256, how it has to be
    read, and when a whole body of the page was fetched last."""

    etag: str
    last_modified: str
    sha256: str
    media_type: str
    charset: str
    warc_file: str
    warc_offset: int
    warc_length: int
    whole_at: str


@dataclass(frozen=True, slots=True)
class Record:
    """The archive record that holds a capture's body, the body's sha256, and what the reader has to know of it."""

    warc_file: str
    warc_offset: int
    warc_length: int
    sha256: str
    media_type: str
    charset: str
    url: str


def files_in_use(db: Database) -> set[str]:
    """The WARC files in which the body of a capture lies."""
    query = (
        "SELECT name FROM archive_file w WHERE EXISTS "
        "(SELECT 1 FROM page_capture c WHERE c.warc_file_id = w.id AND c.body_capture_id IS NULL)"
    )
    return {row[0] for row in db.execute(query).fetchall()}


def known_files(db: Database) -> dict[str, int]:
    """The WARC files and the size up to which the index knows them."""
    return dict(db.execute("SELECT name, size FROM archive_file").fetchall())


def note_files(db: Database, sizes: Mapping[str, int]) -> None:
    """Remember how far the index knows each file."""
    db.conn.executemany(
        "INSERT INTO archive_file (name, size) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET size = excluded.size",
        list(sizes.items()),
    )


def find(db: Database, capture_id: str) -> int | None:
    """The row of a capture."""
    row = db.execute("SELECT id FROM page_capture WHERE capture_id = ?", [capture_id]).fetchone()
    return row[0] if row else None


def find_same(db: Database, url: str, sha256: str) -> int | None:
    """The newest capture of the same address and body, whatever its time."""
    row = db.execute(
        "SELECT c.id FROM page_capture c JOIN page p ON p.id = c.page_id WHERE p.url = ? AND c.sha256 = ? "
        "ORDER BY c.captured_at DESC LIMIT 1",
        [url, bytes.fromhex(sha256)],
    ).fetchone()
    return row[0] if row else None


def body(db: Database, sha256: str) -> Body | None:
    """Where a body lies, if it does."""
    row = db.execute(
        "SELECT c.id, p.url, c.captured_at, w.name, c.warc_offset, c.warc_length, lower(hex(c.sha256)) FROM page_capture c "
        "JOIN page p ON p.id = c.page_id JOIN archive_file w ON w.id = c.warc_file_id "
        f"WHERE c.id IN ({_BODIES}) ORDER BY c.id DESC LIMIT 1",
        {"sha256": bytes.fromhex(sha256)},
    ).fetchone()
    return Body(*row) if row else None


def add(db: Database, row: CaptureRow) -> int:
    """Index a capture; the caller holds the transaction."""
    form = (row.origin, row.time_source, row.media_type, row.charset, row.http_status)
    page_id, form_id, file_id = db.conn.execute(
        f"SELECT (SELECT id FROM page WHERE url = ?), ({_FORM}), ({_FILE})", (row.url, *form, row.warc_file)
    ).fetchone()
    page_id = page_id or int(db.conn.execute("INSERT INTO page (url) VALUES (?)", [row.url]).lastrowid or 0)
    cursor = db.conn.execute(
        "INSERT INTO page_capture (capture_id, page_id, captured_at, fetched_at, form_id, sha256, warc_file_id, warc_offset, "
        "warc_length, body_capture_id) VALUES (?, ?, ?, nullif(?, ?), ?, ?, ?, ?, ?, ?)",
        [row.capture_id, page_id, row.captured_at, row.fetched_at, row.captured_at, form_id or _new_form(db, form),
         bytes.fromhex(row.sha256), file_id or _file(db, row.warc_file), row.warc_offset, row.warc_length, row.body_of],
    )  # fmt: skip
    row_id = int(cursor.lastrowid or 0)
    if row.etag or row.last_modified:
        _note_validators(db, row_id, page_id, row)
    return row_id


def _new_form(db: Database, form: tuple[str, str, str, str, int | None]) -> int:
    """The row of how captures came: origin, time source, media type, charset and HTTP status."""
    insert = "INSERT INTO capture_form (origin, time_source, media_type, charset, http_status) VALUES (?, ?, ?, ?, ?)"
    return int(db.conn.execute(insert, form).lastrowid or 0)


def _file(db: Database, name: str) -> int:
    """The row of a file of the archive, made where it is new: `note_files` says how far it is known."""
    if known := db.execute(_FILE, [name]).fetchone():
        return int(known[0])
    return int(db.conn.execute("INSERT INTO archive_file (name, size) VALUES (?, 0)", [name]).lastrowid or 0)


def _note_validators(db: Database, row_id: int, page_id: int, row: CaptureRow) -> None:
    """Keep what a server called its answer; of each page the newest are enough to ask whether it changed."""
    insert = "INSERT INTO validator (page_capture_id, etag, last_modified) VALUES (?, nullif(?, ''), nullif(?, ''))"
    db.conn.execute(insert, [row_id, row.etag, row.last_modified])
    db.conn.execute(
        "DELETE FROM validator WHERE page_capture_id IN (SELECT v.page_capture_id FROM page_capture c "
        "JOIN validator v ON v.page_capture_id = c.id WHERE c.page_id = ? "
        "ORDER BY c.captured_at DESC, c.id DESC LIMIT -1 OFFSET ?)",
        [page_id, _VALIDATORS_KEPT],
    )


def is_private(db: Database, sha256: str) -> bool:
    """Whether a site asked that no copy of this body is shown."""
    query = (
        f"WITH body AS ({_BODIES}) SELECT EXISTS (SELECT 1 FROM ("
        "SELECT id FROM body UNION ALL SELECT c.id FROM body b JOIN page_capture c ON c.body_capture_id = b.id) s "
        "JOIN page_capture c ON c.id = s.id JOIN every_finding g ON g.reading_id = c.newest_reading_id "
        "WHERE g.code = 'noarchive')"
    )
    return bool(db.execute(query, {"sha256": bytes.fromhex(sha256)}).fetchone()[0])


_OF_BODY = (
    "WITH own AS (SELECT * FROM page_capture WHERE id = :row), bodies AS (SELECT b.id FROM own o JOIN page_capture b "
    "ON substr(b.sha256, 1, 8) = substr(o.sha256, 1, 8) AND b.sha256 = o.sha256 AND b.body_capture_id IS NULL), "
    "same AS (SELECT id FROM bodies UNION ALL SELECT c.id FROM bodies b JOIN page_capture c ON c.body_capture_id = b.id) "
)
_IS_PRIVATE = "EXISTS (SELECT 1 FROM every_finding g WHERE g.reading_id = c.newest_reading_id AND g.code = 'noarchive')"


def was_private(db: Database, row_id: int) -> bool:
    """Whether a site asked, at a capture of the same body of an earlier time than this one, that no copy is shown."""
    query = (
        f"{_OF_BODY} SELECT EXISTS (SELECT 1 FROM same s JOIN page_capture c ON c.id = s.id JOIN own o "
        f"ON (c.captured_at, c.capture_id) < (o.captured_at, o.capture_id) WHERE {_IS_PRIVATE})"
    )
    return bool(db.execute(query, {"row": row_id}).fetchone()[0])


def confirmed_after(db: Database, row_id: int) -> list[tuple[int, int]]:
    """Run and reading of the captures of a later time at which a server confirmed the same body, those that are not private."""
    query = (
        f"{_OF_BODY} SELECT r.run_id, r.id FROM same s JOIN page_capture c ON c.id = s.id JOIN own o "
        "ON (c.captured_at, c.capture_id) > (o.captured_at, o.capture_id) JOIN capture_form k ON k.id = c.form_id "
        f"JOIN reading r ON r.id = c.newest_reading_id WHERE k.http_status = 304 AND NOT {_IS_PRIVATE} ORDER BY r.id"
    )
    return [(run_id, reading_id) for run_id, reading_id in db.execute(query, {"row": row_id}).fetchall()]


def basis(db: Database, url: str) -> Basis | None:
    """The newest capture of a page that was fetched, could be read and has validators, unless another body came since."""
    row = db.execute(
        "SELECT coalesce(v.etag, ''), coalesce(v.last_modified, ''), lower(hex(c.sha256)), k.media_type, k.charset, w.name, "
        "b.warc_offset, b.warc_length, (SELECT max(o.captured_at) FROM page_capture o JOIN capture_form g ON g.id = o.form_id "
        "WHERE o.page_id = c.page_id AND g.origin = 'live' AND g.http_status = 200 AND o.sha256 = c.sha256) FROM page p "
        "JOIN page_capture c ON c.page_id = p.id JOIN validator v ON v.page_capture_id = c.id "
        "JOIN capture_form k ON k.id = c.form_id JOIN page_capture b ON b.id = coalesce(c.body_capture_id, c.id) "
        "JOIN archive_file w ON w.id = b.warc_file_id "
        "JOIN reading r ON r.id = c.newest_reading_id WHERE p.url = ? AND k.origin = 'live' AND r.outcome != 'rejected' "
        "AND c.sha256 = (SELECT n.sha256 FROM page_capture n JOIN reading m ON m.id = n.newest_reading_id "
        "JOIN capture_form h ON h.id = n.form_id "
        "WHERE n.page_id = p.id AND h.origin = 'live' AND m.outcome != 'rejected' ORDER BY n.captured_at DESC, n.id DESC "
        "LIMIT 1) ORDER BY c.captured_at DESC, c.id DESC LIMIT 1",
        [url],
    ).fetchone()
    return Basis(*row) if row and row[-1] else None


def replace_body(db: Database, sha256: str, row_id: int) -> None:
    """Let all captures of a body point at the one that holds it now; the caller holds the transaction."""
    db.conn.execute(
        f"UPDATE page_capture SET body_capture_id = :row WHERE id != :row AND (body_capture_id IN ({_BODIES}) "
        f"OR id IN ({_BODIES}))",
        {"row": row_id, "sha256": bytes.fromhex(sha256)},
    )


def move(db: Database, row_id: int, warc_file: str, warc_offset: int, warc_length: int) -> None:
    """Let the record of a capture lie elsewhere; the caller holds the transaction."""
    db.conn.execute(
        "UPDATE page_capture SET warc_file_id = ?, warc_offset = ?, warc_length = ? WHERE id = ?",
        [_file(db, warc_file), warc_offset, warc_length, row_id],
    )


def relocate(db: Database, row_id: int, warc_file: str, warc_offset: int, warc_length: int) -> None:
    """Let a capture be a record that holds its body; the caller holds the transaction."""
    move(db, row_id, warc_file, warc_offset, warc_length)
    db.conn.execute("UPDATE page_capture SET body_capture_id = NULL WHERE id = ?", [row_id])


def after(db: Database, at: str) -> int:
    """How many captures are of a later time."""
    return int(db.execute("SELECT count(*) FROM page_capture WHERE captured_at > ?", [at]).fetchone()[0])


def newest(db: Database, most: int) -> list[Record]:
    """The bodies that were archived last."""
    rows = db.execute(
        f"SELECT {RECORD} FROM page_capture c JOIN page_capture b ON b.id = c.id {OF_RECORD} "
        "WHERE c.body_capture_id IS NULL ORDER BY c.id DESC LIMIT ?",
        [most],
    ).fetchall()
    return [Record(*row) for row in rows]


def location(db: Database, capture_id: str) -> Record:
    """Where the body of a capture lies and how it has to be read."""
    row = db.execute(
        f"SELECT {RECORD} FROM page_capture c JOIN page_capture b ON b.id = coalesce(c.body_capture_id, c.id) {OF_RECORD} "
        "WHERE c.capture_id = ?",
        [capture_id],
    ).fetchone()
    return Record(*row)


def records(db: Database, row_ids: Sequence[int]) -> list[Record]:
    """Where the bodies of captures lie, in the order of their rows."""
    rows = db.execute(
        f"SELECT c.id, {RECORD} FROM page_capture c JOIN page_capture b ON b.id = coalesce(c.body_capture_id, c.id) "
        f"{OF_RECORD} WHERE c.id IN ({marks(row_ids)})",
        [*row_ids],
    ).fetchall()
    found = {row_id: Record(*record) for row_id, *record in rows}
    return [found[row_id] for row_id in row_ids]


def findings(db: Database, row_id: int) -> tuple[Finding, ...]:
    """What the newest reading of a capture found."""
    rows = db.execute(
        "SELECT g.code, g.severity, g.message, CASE g.side WHEN 0 THEN 'left' WHEN 1 THEN 'right' END, f.name "
        "FROM page_capture c JOIN every_finding g ON g.reading_id = c.newest_reading_id LEFT JOIN field f ON f.id = g.field_id "
        "WHERE c.id = ? ORDER BY g.number",
        [row_id],
    ).fetchall()
    return tuple(Finding(*row) for row in rows)
