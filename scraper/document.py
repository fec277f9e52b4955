"""Document: headings, paragraphs, lists and tables in page order, without any knowledge of a site."""

from dataclasses import dataclass
from typing import Literal

from normalize.noun import noun

Place = tuple[int, int]
MadeOf = Literal["table", "roles", "terms", "boxes", "strip"]
DRAWN: frozenset[MadeOf] = frozenset(("boxes", "strip"))
"""The tables whose words stand in the document a second time."""


@noun
class Heading:
    """A heading of level 1 to 6, or a table's caption (level 6)."""

    level: int
    text: str
    kind: Literal["heading"] = "heading"


@noun
class Paragraph:
    """A run of text."""

    text: str
    kind: Literal["paragraph"] = "paragraph"


@noun
class Items:
    """A list outside of tables."""

    items: tuple[str, ...]
    kind: Literal["list"] = "list"


@noun
class Table:
    """Rows of cells; lines of a cell are joined by a newline. Rows keep the number of cells that the page gives them.

    `spans` are the places (row, column) that a spanning neighbour fills; `unseen` those that show something that is no text
    (a table, a form field, a picture), whose text is at most its description; `pictures` those that hold a picture; `open`
    are the rows whose end is not there.

    `made_of` tells what the page draws it with: a `table` (or pipes), elements with the `roles` of one, a list of `terms` (a row
    for each term: the term, then its descriptions), or, in the second look at a page alone, `boxes`: elements of which nothing
    but their structure tells that they are rows of cells. A `strip` is one row of all cells of a flat element, of which nothing
    tells where its rows end. The words of boxes and strips stand in the document a second time, as headings, paragraphs and
    lists, and one element may belong to several tables: what does not fit has to be passed over.
    """

    rows: tuple[tuple[str, ...], ...]
    spans: tuple[Place, ...] = ()
    unseen: tuple[Place, ...] = ()
    pictures: tuple[Place, ...] = ()
    open: tuple[int, ...] = ()
    made_of: MadeOf = "table"
    kind: Literal["table"] = "table"


Block = Heading | Paragraph | Items | Table


@dataclass(frozen=True, slots=True)
class Document:
    """One page. `canonical` and `saved_from` are addresses that the page gives itself; `cut` tells that it ends too early;
    `open_end` that it may go on behind its last character; `undecodable` counts the bytes (or NULs) that had to be replaced;
    `noarchive` tells that it asks for no copy of it to be shown; `marks` are those of gatekeepers in the markup of a page with
    little text (see `scraper.walls`)."""

    title: str
    blocks: tuple[Block, ...]
    canonical: str = ""
    saved_from: str = ""
    cut: bool = False
    open_end: bool = False
    undecodable: int = 0
    noarchive: bool = False
    marks: tuple[str, ...] = ()
