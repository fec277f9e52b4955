"""A page while it is walked through: its headings, paragraphs, lists and tables so far, and the texts that are open."""

from typing import Literal

from scraper.document import Block, Heading, Items, Paragraph, Table
from scraper.readers.grid import Cell, resolve
from scraper.readers.passage import BLANKS, BREAK, Passage
from scraper.readers.tags import LEVELS, METERS, PICTURES, ROLES, Attributes

_SHORT = 60


class Grid:
    """A table on its way: rows of cells, at the place where the table began, and the rows with which a group begins. `inside`
    tells in what the walk is: a `row` of roles, a `term` or its description. A list of terms that begins with a description has
    each term behind its own: it is `turned`. One that was read at once has nothing but the `texts` of its cells."""

    __slots__ = ("cut", "groups", "inside", "made_of", "rows", "texts", "turned")

    def __init__(self, made_of: Literal["table", "roles", "terms"] = "table") -> None:
        self.rows: list[list[Cell]] = []
        self.groups: list[int] = []
        self.inside = ""
        self.cut = False
        self.made_of = made_of
        self.turned = False
        self.texts: tuple[tuple[str, ...], ...] | None = None


class List:
    """A list on its way."""

    __slots__ = ("items",)

    def __init__(self, items: list[str] | None = None) -> None:
        self.items = items or []


def told(grid: Grid) -> list[list[Cell]]:
    """The rows of a table; of terms those that say something: behind a heading nothing may be left of a description."""
    if grid.made_of != "terms":
        return grid.rows
    if grid.turned and grid.inside == "term":
        return [row[-1:] + row[:-1] for row in grid.rows]
    if grid.turned:  # nothing tells whether a term stands before or behind its descriptions
        return [[cell] for row in grid.rows for cell in row]
    return [row for row in grid.rows if len(row) > 1 or any(cell.text or cell.unseen for cell in row)]


def _made(grid: Grid) -> Table:
    if grid.texts is None:
        return resolve(told(grid), grid.cut, grid.made_of, grid.groups)
    return Table(grid.texts, open=(len(grid.texts) - 1,) if grid.cut and grid.texts else ())


class Page:
    """What was found. `texts` is the stack of open texts; the lowest takes the paragraphs of the page."""

    def __init__(self) -> None:
        self.found: list[Heading | Paragraph | Table | Grid | List] = []
        self.texts = [Passage()]
        self.grids: list[Grid] = []
        self.lists: list[List] = []
        self.cut = True
        self.ended = False

    def blocks(self) -> list[Block]:
        """What was found, in page order."""
        made: list[Block] = []
        for block in self.found:
            if isinstance(block, Paragraph) or isinstance(block, Heading):  # noqa: SIM101 - two questions take half the time of one
                made.append(block)
            elif isinstance(block, Grid):
                table = _made(block)
                made += [table] if table.rows else []
            elif isinstance(block, List):
                made += [Items(tuple(block.items))] if block.items else []
            else:
                made.append(block)
        return made

    def end(self) -> None:
        """The last byte of the page: what is open here is cut."""
        self.cut, self.ended = bool(self.grids), True
        for grid in self.grids:
            grid.cut = True

    def miss_end(self, in_table: bool) -> None:
        """The last byte of the page is in a comment, a tag or the like: a table that is the last of the page may be cut."""
        last = self.found[-1] if self.found else None
        if isinstance(last, Grid) and (in_table or last.made_of != "table"):
            last.cut = True

    def embedded(self, tag: str, attributes: Attributes) -> None:
        """Something in a cell that is shown, but is no text: its description counts only where there is no text."""
        if tag == "input" and attributes.get("type") == "hidden":
            return
        self.note_unseen(tag in PICTURES, attributes.get("alt") or attributes.get("aria-label") or "")

    def open_cell(self) -> Cell | None:
        """The cell in which the walk is, or the last one of the table between two."""
        row = self.grids[-1].rows[-1] if self.grids and self.grids[-1].rows else []
        return row[-1] if row else None

    def note_unseen(self, picture: bool, words: str = "") -> None:
        """Something in the open cell is shown that is no text."""
        if cell := self.open_cell():
            cell.unseen = True
            cell.picture = cell.picture or picture
            if description := BLANKS.sub(" ", words).strip():
                cell.descriptions = cell.descriptions or []
                cell.descriptions.append(description)

    def enter_table(self, made_of: Literal["table", "roles", "terms"]) -> None:
        """Begin a table; inside of another it is something that is no text."""
        self.flush()
        self.announce()
        self.note_unseen(picture=False)
        self.grids.append(Grid(made_of))
        self.cut = self.cut or self.ended  # what does not belong into an open table is put before it
        self.grids[-1].cut = self.ended
        self.found.append(self.grids[-1])
        self.texts.append(Passage())

    def enter_grid(self, kind: str, tag: str, attributes: Attributes) -> None:
        """What has a meaning only inside of a table."""
        if kind == "cell":
            self.add_cell(tag, attributes)
            self.texts.append(Passage(cell=True))
        elif kind == "row":
            self.take_loose()
            self.grids[-1].inside = kind
            self.grids[-1].rows.append([])
        elif kind == "group":
            self.grids[-1].groups.append(len(self.grids[-1].rows))
        elif kind == "picture":
            self.embedded(tag, attributes)

    def describe(self, tag: str, attributes: Attributes) -> None:
        """An element in a cell whose content may be drawn by its style, and only described: stars, icons, bars."""
        words = attributes.get("aria-label") or attributes.get("title") or ""
        drawn = tag in METERS or attributes.get("role") in ROLES or "url(" in (attributes.get("style") or "")
        if words or drawn:
            self.note_unseen(picture=False, words=words)

    def add_cell(self, tag: str, attributes: Attributes) -> Cell:
        """Begin a cell in the last row."""
        self.take_loose()
        rows = self.grids[-1].rows
        if not rows:
            rows.append([])
        cell = Cell("")
        if attributes:
            prefix = "" if tag in ("td", "th") else "aria-"
            cell.colspan, cell.rowspan = attributes.get(f"{prefix}colspan") or "", attributes.get(f"{prefix}rowspan") or ""
        rows[-1].append(cell)
        return cell

    def leave_cell(self, text: str) -> None:
        """Give the open cell its text, or where it has none the words that describe what it shows."""
        cell = self.grids[-1].rows[-1][-1]
        cell.text = text
        if cell.text:
            cell.unseen = False
        else:
            cell.text = "\n".join(cell.descriptions or ())

    def place(self, block: Heading | Paragraph) -> None:
        """A caption stands inside of its table but is read before it."""
        if self.found and self.grids and self.found[-1] is self.grids[-1]:
            self.found.insert(-1, block)
        else:
            self.found.append(block)

    def announce(self) -> None:
        """Of the text of the cell or item in which a table begins the headings, and a last short line, stand before the table,
        too."""
        if len(self.texts) == 1:
            return
        lines = self.texts[-1].lines()
        for level, words in lines:
            if level or (words is lines[-1][1] and len(words) <= _SHORT):
                self.found.append(Heading(level or LEVELS["caption"], words))

    def take_loose(self) -> None:
        """Words of a table of roles or terms that stand in no cell of it: in a row they are cells, between rows a row each,
        before all rows paragraphs."""
        grid, passage = self.grids[-1], self.texts[-1]
        if grid.made_of == "table" or passage.cell or passage.level or not passage.parts:
            return
        passage.told = 0
        for level, line in passage.lines():
            if not any(map(str.isalnum, line)):
                continue
            if grid.inside == "row":
                grid.rows[-1].append(Cell(line))
            elif grid.rows:
                grid.rows.append([Cell(line)])
            else:
                self.place(Heading(level, line) if level else Paragraph(line))
        passage.take()

    def part_terms(self) -> bool:
        """A heading in a list of terms, but in no term of it, ends a table; another begins behind it."""
        if not self.grids or self.grids[-1].made_of != "terms" or self.texts[-1].level:
            return False
        in_cell = self.texts[-1].cell
        if in_cell and self.grids[-1].inside == "term":
            return False
        if in_cell:
            self.leave_cell(self.texts[-1].take())
        else:
            self.take_loose()
        self.grids[-1] = Grid("terms")
        self.grids[-1].cut = self.ended
        self.found.append(self.grids[-1])
        if in_cell:
            self.add_cell("", {})
        return True

    def flush(self) -> None:
        """End a line inside of a cell or item, a paragraph elsewhere."""
        if len(self.texts) > 1:
            self.texts[-1].parts.append(BREAK)
        elif self.texts[0].parts and (words := self.texts[0].take()):
            self.found.append(Paragraph(words))
