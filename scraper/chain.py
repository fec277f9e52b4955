"""The chain behind values in words, for people."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from db.queries import Row
from normalize.fields import BY_NAME
from normalize.wording import disputed_words, item_words, value_words
from scraper.explain import Explanation

_ORIGINS = {
    "file": "imported: a saved page, no request of ours",
    "warc": "imported from a WARC file: no request of ours",
    "wayback": "from the Wayback Machine: the request to it brought the archived answer",
    "commoncrawl": "from Common Crawl: the request to it brought the archived answer",
}
_TIME_SOURCES = {
    "sidecar": "says the file beside the page",
    "file": "the file's own time",
    "warc": "says the archive that it came from",
    "http": "when it was fetched",
}


_MOST_TOLD = 5
_LONGEST_HEADING = 60


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
    if unit := e.observation["unit"]:
        yield "unit", unit
    if e.code:
        yield "code", _code(e.code)
    if e.newer:
        said = value_words(BY_NAME[e.newer["field"]], e.newer["value"]) if e.newer["status"] == "suspect" else e.newer["raw"]
        yield "but", f"another page, {e.newer['url']} at {e.newer['captured_at']}, says {said}, which is {e.newer['status']}"
    if e.seen:
        captures = "1 capture" if e.seen["captures"] == 1 else f"{e.seen['captures']:,} captures"
        yield "seen", f"from {e.seen['first_seen']} to {e.seen['last_seen']}, {captures}"
    yield from _elsewhere(e)


def _value(row: Row) -> str:
    field, item = BY_NAME[row["field"]], row["item"]
    words = value_words(field, row["value"]) if row["status"] != "unreadable" else "none"
    return f"{f'{item_words(field, item)}: ' if item else ''}{words} ({row['status']})"


def _code(code: Row) -> str:
    if code["code"] is None:
        others = ", ".join(str(candidate[0]) for candidate in code["candidates"][:5])
        return f"none in {code['system']}: {code['reason']}{f' ({others})' if others else ''}"
    words = ", ".join(dict.fromkeys(word for word in (code["title"], code["within"]) if word and word != code["code"]))
    name = f"{code['system']} {code['code']}"
    score = "" if code["score"] is None else f", {code['score']:g}"
    return f"{name}{f', {words}' if words else ''} ({code['method']}{score})"


def _elsewhere(e: Explanation) -> Iterator[tuple[str, str]]:
    """What other pages say, those that disagree first."""
    others = e.other_pages
    if not others.count:
        return
    pages = "1 page shows it" if others.count == 1 else f"{others.count:,} pages show it"
    if e.observation["value"] is not None:
        pages += f", {others.agreeing:,} with this value, {others.disagreeing:,} with another"
    yield "other pages", pages
    shown = others.pages[:_MOST_TOLD]
    field = BY_NAME[e.observation["field"]]
    for page in shown:
        said = value_words(field, page["value"]) if page["value"] is not None else "none"
        status = {True: "agrees", False: "disagrees", None: page["status"]}[page["agrees"]]
        yield "", f"{page['url']} at {page['captured_at']}: {said} ({status})"
    if others.count > len(shown):
        yield "", f"and {others.count - len(shown):,} more"


def gist(e: Explanation) -> str:
    """Where a value was read, and how far it can be trusted, in a few sentences."""
    row = e.observation
    words = f"A page of {row['captured_at'][:10]} says \u201c{row['raw']}\u201d {_where(e)}."
    if e.conflict:
        return f"{words} Other pages say something else, so that there is no value."
    if row["status"] == "ok" and e.agreeing > 1:
        return f"{words} {e.agreeing} places of that page agree."
    return f"{words}{_DOUBTS.get(row['status'], '')}"


_DOUBTS = {
    "missing": " By that it shows that it has no value.",
    "suspect": " A check contradicts it; the findings below say why.",
    "unreadable": " That is no such value.",
}


def _where(e: Explanation) -> str:
    under = f" under \u201c{e.table_heading}\u201d" if 0 < len(e.table_heading) <= _LONGEST_HEADING else ""
    if e.stands_in == "list":
        return f"as item {e.observation['item']} of the list{under}"
    if e.table is None:
        return "in a sentence"
    row, column = (f"\u201c{words}\u201d" if words else str(number) for words, number in
                   ((e.row_label, e.row), (e.column_title, e.column)))  # fmt: skip
    return f"in the row {row} and the column {column} of the table{under}"


def place_words(e: Explanation) -> list[tuple[str, str]]:
    """Where a value stands, in a few lines for the copy of its page."""
    row, origin = e.observation, e.provenance
    wanted = ("raw text", "section", "list", "about", "table", "row label", "column", "sentence")
    return [
        ("page", row["url"]), ("captured at", row["captured_at"]), ("sha256", origin["sha256"]),
        (row["field"], _value(row)), *((label, words) for label, words in _place(e) if label in wanted),
    ]  # fmt: skip


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
        yield "row label", f"{e.row_label} (row {e.row})".lstrip()
        yield "column", f"{e.column_title} (column {e.column})".lstrip()
    if not e.found_again:
        yield "note", "this version of the code no longer reads it there; `careerscape reparse --dry-run` tells what changes"
    for number, witness in enumerate(e.witnesses):
        said = f"{witness.raw} ({witness.section}, {witness.label})"
        yield "" if number else "witnesses", said
    if row["status"] == "ok" and e.agreeing > 1:
        yield "agreement", f"{e.agreeing} places of the page agree, with those from which it can be worked out"
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
    yield "request", _request(e)
    yield "read by", f"parser {origin['parser']}, vocabulary {origin['vocabulary']}, run {origin['run_id']}"
    if e.run:
        yield "run", f"{e.run['command']}, started {e.run['started_at']}, {e.run['outcome'] or 'not finished'}"
    yield "up to date", "yes" if e.up_to_date else "no: parser or vocabulary are others today (`careerscape reparse` reads anew)"
    if e.soc:
        yield "occupation", _code(e.soc)


def _request(e: Explanation) -> str:
    asked = e.request
    if asked is None:
        origin = e.provenance["origin"]
        return _ORIGINS.get(origin, "its record is not kept any more")
    said = [
        f"at {asked['requested_at']}",
        f"status {asked['http_status']}",
        f"{asked['bytes']:,} bytes",
        f"run {asked['run_id']}",
    ]
    if asked["robots_rule"]:
        said.append(f"robots.txt: {asked['robots_rule']}")
    if asked["delay_s"] is not None:
        said.append(f"{asked['delay_s']:g} s apart ({asked['delay_reason']})")
    return ", ".join(said)
