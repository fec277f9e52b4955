"""Where a value came from: the chain from the value back to the cell, the page and the record of the archive."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from db import captures, queries
from db.captures import Record
from db.connection import Database
from db.queries import Row
from normalize.claims import Claim
from normalize.errors import UnknownField
from normalize.fields import BY_NAME, Field
from normalize.terms import TERMS
from normalize.witnesses import support
from normalize.wording import disputed_words, item_words, value_words
from scraper import bodies
from scraper.archive import Archive
from scraper.parsing import Trace

AskTrace = Callable[[bytes, str, str, str], Trace]
"""How to read a page again: body, media type, charset and url to Trace."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Another cell or sentence of the page that speaks about the same field: where it stands, and what it says."""

    section: str
    label: str
    raw: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One row of `observation` and all that stands behind it.

    `stands_in` is table, list or sentence. `table`, `row` and `column` count from 1, as a person would (`table` is None outside
    of tables); `table_heading` are the words before the table or list, `row_label` the words of the row label, those above
    the list or the name of the sentence, `column_title` the title of the column or job. `body` is the record that holds the
    bytes (an earlier one where the capture only confirmed them); `found_again` tells whether today's code finds the same
    words in the same place of the archived bytes.
    """

    observation: Row
    provenance: Row
    body: Record
    stands_in: str
    table: int | None
    table_heading: str
    row: int
    column: int
    row_label: str
    column_title: str
    found_again: bool
    witnesses: tuple[Witness, ...]
    findings: tuple[Row, ...]
    agreeing: int
    conflict: Row | None

    def to_dict(self) -> Row:
        """One flat object: the columns of `observation`, the place on the page, the record, witnesses and findings."""
        place = {
            "stands_in": self.stands_in,
            "table": self.table, "table_heading": self.table_heading, "row": self.row, "column": self.column,
            "row_label": self.row_label, "column_title": self.column_title, "found_again": self.found_again,
        }  # fmt: skip
        witnesses = [{"section": w.section, "label": w.label, "raw": w.raw} for w in self.witnesses]
        body = {
            "body_warc_file": self.body.warc_file, "body_warc_offset": self.body.warc_offset,
            "body_warc_length": self.body.warc_length,
        }  # fmt: skip
        return {
            **self.observation,
            **place,
            **self.provenance,
            **body,
            "witnesses": witnesses,
            "findings": list(self.findings),
            "conflict": self.conflict,
        }


_TIME_SOURCES = {
    "sidecar": "says the file beside the page",
    "file": "the file's own time",
    "warc": "says the archive that it came from",
    "http": "when it was fetched",
}


def explain(db: Database, archive: Archive, trace: AskTrace, slug: str, field: Field, item: str) -> list[Explanation]:
    """The chain behind each value of a field: one, or one for each item where none is named. `trace` reads a page again.

    Raises UnknownField where no page has the field for the occupation, CorruptRecord where the archive does not hold what
    the database says.
    """
    observed = [row for row in queries.facts(db, slug) if row["field"] == field.name and item in ("", row["item"])]
    if not observed:
        raise UnknownField(f"{field.name}.{item}" if item else field.name, (), f"is on no page for {slug}")
    records = {row["capture_id"]: captures.location(db, row["capture_id"]) for row in observed}
    traces = {
        capture_id: trace(bodies.read(archive, record), record.media_type, record.charset, record.url)
        for capture_id, record in records.items()
    }
    conflicts = {(row["field"], row["item"]): queries.unpacked(row) for row in queries.conflicts(db, slug)}
    return [
        _explanation(db, row, traces[row["capture_id"]], records[row["capture_id"]], conflicts.get((row["field"], row["item"])))
        for row in observed
    ]


def _explanation(db: Database, row: Row, trace: Trace, body: Record, conflict: Row | None) -> Explanation:
    provenance = queries.provenance(db, row)
    block, line, cell = (provenance.pop(name) for name in ("block", "row", "column"))
    about = list(_about(trace, row))
    here = [c for c in about if (c.place.block, c.place.row, c.place.column, c.raw) == (block, line, cell, row["raw"])]
    speaker = here[0] if here else None
    table = next((note for note in trace.tables if note.block == block), None)
    stands_in = "table" if table else "list" if row["section"] == "skills" else "sentence"
    return Explanation(
        observation=row,
        provenance=provenance,
        body=body,
        stands_in=stands_in,
        table=table.number if table else None,
        table_heading=table.heading if table else speaker.label if speaker and stands_in == "list" else "",
        row=line + 1,
        column=cell + 1,
        row_label=speaker.label if speaker else "",
        column_title=speaker.heading if speaker else "",
        found_again=speaker is not None,
        witnesses=tuple(Witness(c.section, c.label, c.raw) for c in about if c is not speaker),
        findings=tuple(
            f for f in queries.findings_of(db, row["capture_id"]) if f["side"] == row["side"] and f["field"] == row["field"]
        ),
        agreeing=support(trace.claims.claims).get((row["side"], row["field"], row["item"]), 0),
        conflict=conflict,
    )


def _about(trace: Trace, row: Row) -> Iterator[Claim]:
    """All claims of the page about the field, side and item of an observation."""
    for claim in trace.claims.claims:
        if claim.side == row["side"] and row["field"] in TERMS[claim.term].fields and claim.item in ("", row["item"]):
            yield claim


def in_words(title: str, explained: Sequence[Explanation], folder: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A heading and labelled lines for each capture; values that stand in one cell are told together."""
    pages: dict[str, dict[tuple[object, ...], list[Explanation]]] = {}
    for e in explained:
        cells = pages.setdefault(e.observation["capture_id"], {})
        rank = e.observation["item"] if e.stands_in == "list" else ""
        cells.setdefault((e.table, e.row, e.column, rank, e.observation["raw"]), []).append(e)
    for cells in pages.values():
        first = next(iter(cells.values()))[0]
        lines = [
            line for together in cells.values() for line in (*(line for e in together for line in _said(e)), *_place(together[0]))
        ]
        yield f"{first.observation['field']} of {title}", [*lines, *_record(first, folder)]


def _said(e: Explanation) -> Iterator[tuple[str, str]]:
    """The value; where pages disagree, that there is none, what they say, and what this one does."""
    if e.conflict:
        field, item = BY_NAME[e.observation["field"]], e.observation["item"]
        about = f"{item_words(field, item)}: " if item else ""
        yield "no value", f"{about}pages disagree: {disputed_words(field, e.conflict['support'])}"
    yield "this page" if e.conflict else "value", _value(e.observation)


def _value(row: Row) -> str:
    field, item = BY_NAME[row["field"]], row["item"]
    words = value_words(field, row["value"]) if row["status"] != "unreadable" else "none"
    return f"{f'{item_words(field, item)}: ' if item else ''}{words} ({row['status']})"


def _place(e: Explanation) -> Iterator[tuple[str, str]]:
    row = e.observation
    yield "raw text", row["raw"]
    yield "section", row["section"]
    if e.stands_in == "list":
        under = f"under \u201c{e.table_heading}\u201d, " if e.table_heading else ""
        yield "list", f"{under}item {row['item']}"
        yield "about", e.column_title
    elif e.table is None:
        yield "sentence", e.row_label
        yield "about", e.column_title
    else:
        yield "table", f"{e.table}, under \u201c{e.table_heading}\u201d" if e.table_heading else str(e.table)
        yield "row label", f"{e.row_label} (row {e.row})"
        yield "column", f"{e.column_title} (column {e.column})"
    if not e.found_again:
        yield "note", "this version of the code no longer finds the words there; the next parse will change the value"
    for number, witness in enumerate(e.witnesses):
        said = f"{witness.raw} ({witness.section}, {witness.label})"
        yield "" if number else "witnesses", said
    if row["status"] == "ok" and e.agreeing > 1:
        yield "agreement", f"{e.agreeing} places of the page agree"
    for number, finding in enumerate(e.findings):
        yield "" if number else "findings", f"{finding['code']}: {finding['message']}"


def _record(e: Explanation, folder: Path) -> Iterator[tuple[str, str]]:
    row, origin = e.observation, e.provenance
    yield "page", row["url"]
    yield "captured at", f"{row['captured_at']} ({_TIME_SOURCES[origin['time_source']]})"
    yield "archive", f"{folder / origin['warc_file']}, offset {origin['warc_offset']}, length {origin['warc_length']}"
    if (e.body.warc_file, e.body.warc_offset) != (origin["warc_file"], origin["warc_offset"]):
        yield "its bytes", f"{folder / e.body.warc_file}, offset {e.body.warc_offset}, length {e.body.warc_length}"
    yield "sha256", origin["sha256"]
    yield "read by", f"parser {origin['parser']}, vocabulary {origin['vocabulary']}, run {origin['run_id']}"
