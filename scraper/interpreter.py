"""Document to Claims: by titles, labels and headings of a site, never by class names or positions."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from normalize.claims import SIDES, Claims, Job, Note, Place
from normalize.errors import Rejected
from scraper import sites, skills, walls
from scraper.comparison import Compared, Pair, compare
from scraper.document import Document, Heading, Items, Paragraph, Table
from scraper.sentences import Prose

_NEAR = 20
_MOST_OF_A_KIND = 50


def interpret(document: Document, url: str) -> Claims:
    """What a page says about the two jobs of its URL.

    Raises Rejected `unknown_url_shape`, `other_jobs`, `no_comparison` or the code of a wall (see `scraper.walls`).
    """
    found = sites.of(urlsplit(url).path.rstrip("/"))
    if found is None:
        raise Rejected("unknown_url_shape", urlsplit(url).path[:200])
    site, (left, right) = found
    pair = Pair(left, right)
    tables = {
        number: compare(block, number, pair, site, _hint(document, number))
        for number, block in enumerate(document.blocks)
        if isinstance(block, Table)
    }
    ours = [table for table in tables.values() if table.section]
    titles = {side: title for table in reversed(ours) for side, title in table.titles.items()}
    notes = [note for table in tables.values() for note in table.notes]
    if not any(table.claims for table in ours) or len(titles) < len(SIDES):
        _reject(document, left, right, notes)
    prose = Prose(site, titles)
    claims = [claim for table in ours for claim in table.claims]
    lists = skills.read(document, site, titles)
    claims += lists.claims
    for text, place, cut in _runs(document, tables, prose, lists.taken):
        claims += prose.claims(text, place, cut)
    if document.cut or any(claim.doubt == "cut_off" for claim in claims):
        notes.append(Note("cut_off", ""))
    if document.undecodable:
        notes.append(Note("undecodable_bytes", f"{document.undecodable:,}"))
    notes += requests(document)
    parts = tuple(dict.fromkeys([*(table.section for table in ours), *["skills"] * bool(lists.claims), *prose.parts]))
    jobs = {side: Job(slug, titles[side]) for side, slug in zip(SIDES, (left, right), strict=True)}
    notes = _bounded([*notes, *lists.notes, *prose.notes, *prose.leftovers()])
    return Claims(url, site.name, jobs["left"], jobs["right"], tuple(claims), parts, tuple(notes))


def requests(document: Document) -> tuple[Note, ...]:
    """What a page asks of those who keep it, whether it gives rows or not."""
    return (Note("noarchive", ""),) if document.noarchive else ()


def _bounded(notes: list[Note]) -> list[Note]:
    """At most so many notes of a kind, and one that counts the rest."""
    kinds: dict[str, list[Note]] = {}
    for note in notes:
        kinds.setdefault(note.code, []).append(note)
    if all(len(kind) <= _MOST_OF_A_KIND for kind in kinds.values()):
        return notes
    kept = [note for kind in kinds.values() for note in kind[:_MOST_OF_A_KIND]]
    rest = {code: len(kind) - _MOST_OF_A_KIND for code, kind in kinds.items()}
    return kept + [Note(code, f"and {more:,} more") for code, more in rest.items() if more > 0]


def _reject(document: Document, left: str, right: str, notes: list[Note]) -> None:
    heads = [note.detail for note in notes if note.code in ("other_table", "unmatched_column")]
    others = [head for head in heads if " | " in head]
    cut = "; it ends before it is complete" if document.cut else ""
    if ragged := [note.detail for note in notes if note.code == "ragged_row"]:
        raise Rejected("no_comparison", f"{ragged[0]}{cut}")
    if others:
        raise Rejected("other_jobs", f"its address names {left} and {right}, a table is headed {others[0]}{cut}")
    if heads:
        raise Rejected("no_comparison", f"a table headed {heads[0]} compares nothing; {left} and {right}{cut}")
    if unknown := [note.detail for note in notes if note.code == "unknown_label"]:
        raise Rejected("no_comparison", f"a table names both, but no row label of it is known, such as {unknown[0]}{cut}")
    if wall := walls.recognise(document):
        raise Rejected(wall.code, f"{wall.evidence}{cut}")
    raise Rejected("no_comparison", f"{left} and {right}{cut}")


def _hint(document: Document, number: int) -> str:
    """The nearest heading or paragraph before a table."""
    for block in (document.blocks[n] for n in range(number - 1, max(-1, number - _NEAR), -1)):
        if isinstance(block, (Heading, Paragraph)):
            return block.text[-200:]
    return ""


def _runs(
    document: Document, tables: dict[int, Compared], prose: Prose, taken: dict[int, tuple[int, int]]
) -> Iterator[tuple[str, Place, bool]]:
    """Every run of prose that may speak, with its place: paragraphs, list items, and the cells of tables that only lay out a
    page; but not what a list has taken.

    The flag tells that the run may go on behind its last character: it is the last of the page, or open when the page ends.
    """
    last = len(document.blocks) - 1
    for number, block in enumerate(document.blocks):
        if number in taken:
            if isinstance(block, Paragraph):
                start, end = taken[number]
                yield block.text[:start], Place(number), False
                yield block.text[end:], Place(number, start=end), document.open_end and number == last
        elif isinstance(block, Paragraph):
            if prose.may_speak(block.text):
                yield block.text, Place(number), document.open_end and number == last
        elif isinstance(block, Items):
            if prose.may_speak("\n".join(block.items)):
                for row, item in enumerate(block.items):
                    yield item, Place(number, row), document.open_end and number == last and row == len(block.items) - 1
        elif isinstance(block, Table) and not tables[number].section:
            spans = frozenset(block.spans)
            for row, cells in enumerate(block.rows):
                for column, cell in enumerate(cells):
                    if len(cell) > 40 and (row, column) not in spans and prose.may_speak(cell):
                        yield cell, Place(number, row, column), row in block.open and column == len(cells) - 1
