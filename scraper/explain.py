"""Where a value came from: the chain from the value back to the cell, the page and the record of the archive."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from db import captures, chain, queries
from db.captures import Record
from db.chain import OtherPages
from db.connection import Database
from db.queries import Row
from normalize import vocabulary
from normalize.claims import Claim
from normalize.errors import Rejected, UnknownField, UsageError
from normalize.fields import Field
from normalize.terms import TERMS
from normalize.witnesses import support
from scraper import bodies, version
from scraper.archive import Archive
from scraper.inert import Copy, Spot
from scraper.parsing import PageBytes, Trace

AskTrace = Callable[[bytes, str, str, str], Trace]
"""How to read a page again: body, media type, charset and url to Trace."""

AskCopy = Callable[[PageBytes, Spot], Copy]
"""How to get a copy of a page that is safe to look at."""


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
    of tables); `table_heading` are the words before the table or list, `row_label` the words of the row label, those above the
    list or the name of the sentence, `column_title` the title of the column or job. `body` is the record that holds the bytes
    (an earlier one where the capture only confirmed them); `found_again` tells whether today's code finds the same words in the
    same place of the archived bytes, and `up_to_date` whether today's code and vocabulary read the value. `newer` is the row of
    a newer page that is in doubt, None for none. `place` are block, row, column and start in the document, -1 where the start
    is not known. `code` is that of the value, `soc` that of the occupation (see `db.chain`). `run` read the page, `request`
    brought it: None where the log of requests does not go back so far, or the page was not fetched.
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
    place: tuple[int, int, int, int]
    up_to_date: bool
    code: Row | None
    soc: Row | None
    other_pages: OtherPages
    run: Row | None
    request: Row | None
    seen: Row | None
    newer: Row | None

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
            "agreeing": self.agreeing,
            "code": self.code,
            "soc": self.soc,
            "other_pages": self.other_pages.to_dict(),
            "run": self.run,
            "request": self.request,
            "request_is": request_is(self),
            "up_to_date": self.up_to_date,
            "first_seen": self.seen["first_seen"] if self.seen else None,
            "last_seen": self.seen["last_seen"] if self.seen else None,
            "captures_of_value": self.seen["captures"] if self.seen else None,
            "newer": self.newer,
        }


def explain(db: Database, archive: Archive, trace: AskTrace, slug: str, field: Field, item: str) -> list[Explanation]:
    """The chain behind each value of a field: one, or one for each item where none is named. `trace` reads a page again.

    Raises UnknownField where no page has the field for the occupation, CorruptRecord where the archive does not hold what
    the database says.
    """
    observed = chain.facts(db, slug, field, item)
    if not observed:
        raise UnknownField(f"{field.name}.{item}" if item else field.name, (), f"is on no page for {slug}")
    records = {row["capture_id"]: captures.location(db, row["capture_id"]) for row in observed}
    traces = {
        capture_id: trace(bodies.read(archive, record), record.media_type, record.charset, record.url)
        for capture_id, record in records.items()
    }
    known = _Known(
        {(row["field"], row["item"]): queries.unpacked(row) for row in queries.conflicts(db, slug)},
        {(row["field"], row["item"]): row for row in queries.newer_doubts(db, slug)},
        chain.occupation_code(db, slug),
    )
    return [_explanation(db, row, traces[row["capture_id"]], records[row["capture_id"]], known) for row in observed]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an occupation beside its values: by field and item the conflicts and the doubts of newer pages; its
    code."""

    conflicts: Mapping[tuple[str, str], Row]
    newer: Mapping[tuple[str, str], Row]
    soc: Row | None


def _explanation(db: Database, row: Row, trace: Trace, body: Record, known: _Known) -> Explanation:
    key = row["field"], row["item"]
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
        conflict=known.conflicts.get(key),
        place=(block, line, cell, speaker.place.start if speaker else -1),
        up_to_date=(provenance["parser"], provenance["vocabulary"]) == (version.parser(), vocabulary.version()),
        code=chain.code(db, row),
        soc=known.soc,
        other_pages=chain.other_pages(db, row),
        run=chain.run(db, provenance["run_id"]),
        request=chain.request(db, row["url"], provenance["fetched_at"]) if provenance["origin"] == "live" else None,
        seen=chain.seen(db, row),
        newer=known.newer.get(key) or known.newer.get((row["field"], "")),
    )


def _about(trace: Trace, row: Row) -> Iterator[Claim]:
    """All claims of the page about the field, side and item of an observation."""
    for claim in trace.claims.claims:
        if claim.side == row["side"] and row["field"] in TERMS[claim.term].fields and claim.item in ("", row["item"]):
            yield claim


def request_is(e: Explanation) -> str:
    """Why there is no request to the site: `imported`, `from an archive` or `not kept`; empty where there is one."""
    if e.request:
        return ""
    return {"file": "imported", "warc": "imported", "live": "not kept"}.get(e.provenance["origin"], "from an archive")


def is_private(db: Database, e: Explanation) -> bool:
    """Whether the site asked that no copy of the page of a value is shown."""
    noarchive = chain.capture(db, e.observation["capture_id"])["noarchive"]
    return bool(noarchive) or captures.is_private(db, e.body.sha256)


def copy(db: Database, archive: Archive, ask: AskCopy, e: Explanation) -> Copy:
    """The archived page of a value, with its place marked, to be looked at without harm.

    Raises UsageError where the site asked that no copy is shown or the page cannot be read, CorruptRecord.
    """
    url = e.observation["url"]
    if is_private(db, e):
        raise UsageError(f"{url} asked that no copy of it be shown (noarchive); `explain` without --open tells the rest")
    page = PageBytes(bodies.read(archive, e.body), e.body.media_type, e.body.charset, e.body.url)
    try:
        return ask(page, Spot(*e.place, e.observation["raw"]))
    except Rejected as error:
        raise UsageError(f"{url} cannot be shown: {error}") from error
