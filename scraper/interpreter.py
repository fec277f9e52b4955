"""Document to Claims: by titles, labels and headings of a site, never by class names or positions."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from normalize.claims import SIDES, Claim, Claims, Job, Note, Place
from normalize.errors import Rejected
from scraper import captions, copies, labels, limits, sites, skills, tables, walls
from scraper.comparison import Compared
from scraper.document import DRAWN, Document, Heading, Items, Paragraph, Table
from scraper.headings import Outline, Reader
from scraper.sentences import Prose
from scraper.texts import Texts
from scraper.titles import Pair

_MOST_OF_A_KIND = 50


def interpret(document: Document, url: str) -> Claims:
    """What a page says about the two jobs of its URL. Raises Rejected as `look` does."""
    return look(document, url)[0]


def look(document: Document, url: str) -> tuple[Claims, bool]:
    """The claims of a page, and whether a second look may show more: row labels stand loose on it, or not all is understood of a
    table that lays it out.

    Raises Rejected `unknown_url_shape`, `other_jobs`, `no_comparison` or the code of a wall (see `scraper.walls`).
    """
    known = sites.of(urlsplit(url).path.rstrip("/"))
    if known is None:
        raise Rejected("unknown_url_shape", urlsplit(url).path[:200])
    site, (left, right) = known
    reader = Reader(Pair(left, right, site), site)
    outline = Outline(document, reader)
    texts = Texts(document, captions.LONGEST)
    found = _tables(document, texts, reader, outline)
    ours = [table for table in found.values() if table.claims]
    headed = sorted((table for table in found.values() if table.sections), key=lambda table: len(table.titles) < len(SIDES))
    titles = {side: title for table in reversed(headed) for side, title in table.titles.items()}
    notes = list(dict.fromkeys(note for table in found.values() for note in table.notes))
    if not ours or len(titles) < len(SIDES):
        alone = [Note("unmatched_column", repr(title)) for table in ours for title in table.titles.values()]
        _reject(document, left, right, [*notes, *alone])
    prose = Prose(site, titles)
    claims = copies.sure([claim for table in ours for claim in table.claims])
    loose = labels.loose(texts, reader, claims)
    notes += labels.unread(document, reader, claims, loose)
    lists = skills.read(document, texts, site, titles)
    claims += lists.claims
    for text, place, cut in _runs(document, texts, found, prose, lists.taken):
        claims += _limited([*prose.claims(text, place, cut)], outline, notes)
    if document.cut or any(claim.doubt == "cut_off" for claim in claims):
        notes.append(Note("cut_off", ""))
    if document.undecodable:
        notes.append(Note("undecodable_bytes", f"{document.undecodable:,}"))
    notes += requests(document)
    sections = (section for table in headed for section in table.sections)
    parts = tuple(dict.fromkeys([*sections, *["skills"] * bool(lists.claims), *prose.parts]))
    jobs = {side: Job(slug, titles[side]) for side, slug in zip(SIDES, (left, right), strict=True)}
    notes = _bounded([*notes, *lists.notes, *prose.notes, *prose.leftovers()])
    said = Claims(url, site.name, jobs["left"], jobs["right"], tuple(claims), parts, tuple(notes))
    unsure = any(table.laid_out and (table.notes or any(claim.doubt for claim in table.claims)) for table in ours)
    return said, bool(loose) or unsure


def names_labels(document: Document, url: str) -> bool:
    """Whether a page that was refused has row labels in short texts, so that a second look may show more."""
    known = sites.of(urlsplit(url).path.rstrip("/"))
    return known is not None and labels.stand_anywhere(document, known[0])


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


def _tables(document: Document, texts: Texts, reader: Reader, outline: Outline) -> dict[int, Compared]:
    """What each table gives, and each list or paragraph of labels with values, by block."""
    found: dict[int, Compared] = {}
    drawn: list[int] = []
    stated: list[int] = []
    last = _last(document)
    for number in sorted({*texts.tables, *texts.of_lines, *texts.saying(":")}):
        block = document.blocks[number]
        if isinstance(block, Table):
            found[number] = tables.read(block, number, outline, reader)
            drawn += [number] if block.made_of in DRAWN else []
        elif not isinstance(block, Heading) and tables.may_state(block, reader):
            found[number] = tables.stated(block, number, outline, reader, ends=number < last)
            stated.append(number)
    doubled = sorted([*drawn, *stated]) if drawn else []
    kept = set(map(id, copies.distinct([found[number] for number in doubled])))
    for number in doubled:
        if id(found[number]) not in kept:
            found[number] = Compared()
    return found


def _last(document: Document) -> int:
    """The first block that may be open when the page ends: behind a list stand the boxes in it."""
    last = len(document.blocks)
    if document.cut or document.open_end:
        last -= 1
        while last > 0 and isinstance(block := document.blocks[last], Heading | Table) and _is_drawn(block):
            last -= 1
    return last


def _is_drawn(block: Heading | Table) -> bool:
    return isinstance(block, Heading) or block.made_of in DRAWN


def _limited(claims: list[Claim], outline: Outline, notes: list[Note]) -> list[Claim]:
    """The claims of a run of prose; in doubt where it stands below words that limit it."""
    below = outline.narrowed(claims[0].place.block, prose=True) if claims else ""
    if not below:
        return claims
    notes += [limits.doubted(repr(c.label), below, c.side, c.term) for c in claims if not c.doubt]
    return [replace(claim, doubt=claim.doubt or "below_heading") for claim in claims]


def _runs(
    document: Document, texts: Texts, found: dict[int, Compared], prose: Prose, taken: dict[int, tuple[int, int]]
) -> Iterator[tuple[str, Place, bool]]:
    """Every run of prose that may speak, with its place: paragraphs, list items, and the cells of tables that only lay out a
    page; but not what a list has taken.

    The flag tells that the run may go on behind its last character: it is the last of the page, or open when the page ends.
    """
    last = len(document.blocks) - 1
    spoken = (block for block in taken if block >= 0)  # a caption that is a heading stands in no block
    for number in sorted({*texts.tables, *spoken, *texts.saying(prose.words)}):
        block = document.blocks[number]
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
        elif isinstance(block, Table) and (found[number].laid_out or not found[number].sections) and block.made_of not in DRAWN:
            spans = frozenset(block.spans)
            for row, cells in enumerate(block.rows):
                for column, cell in enumerate(cells):
                    if len(cell) > 40 and (row, column) not in spans and prose.may_speak(cell):
                        yield cell, Place(number, row, column), row in block.open and column == len(cells) - 1
