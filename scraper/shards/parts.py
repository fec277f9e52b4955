"""The second door to pyarrow: what a shard's pages say, one row a page with its facts and findings as lists, as Parquet.

Whole columns go in and out, as a value at a time would cost more than reading the page did. What comes back is the same Reading.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, NamedTuple

from db.places import Placed
from normalize.claims import Job, Place
from normalize.errors import StorageError, UsageError
from normalize.facts import Fact, Reading
from normalize.findings import Finding
from normalize.packed import Packed, PackedSide

FORMAT = 1
"""The number of this form of parts; another one is never merged."""

_PAGES_A_GROUP = 250
_LEVEL = 3
_FACT = ("side", "field", "item", "value_integer", "value_real", "value_text", "status", "raw", "section",
         "block", "row", "column", "start")  # fmt: skip
_OFTEN = {"side", "field", "status", "section", "code", "severity"}
_FINDING = ("code", "severity", "message", "side", "field")
_NUMBERS = {"value_integer", "block", "row", "column", "start", "warc_offset", "warc_length", "left_facts"}
_DIGESTS = ("left_content", "left_layout", "right_content", "right_layout")
"""What `normalize.packed` has of each side, of which the left one has `left_facts`; null where no worker sent them."""

_PAGE = (*Placed._fields, "parser", "vocabulary", "unread", "outcome", "left_slug", "left_title", "right_slug", "right_title",
         "left_facts", *_DIGESTS)  # fmt: skip


class Read(NamedTuple):
    """A capture and what its page is read as, or why the archive does not give it."""

    place: Placed
    reading: Reading | None
    unread: str = ""


def available() -> None:
    """Raises UsageError where pyarrow is not installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise UsageError("reading on many machines needs pyarrow: pip install 'careerscape[dask]'") from error


def write(path: Path, read: Iterable[Read], parser: str, vocabulary: str) -> None:
    """Write a part, some pages a row group: so memory does not grow with it. Raises OSError, StorageError."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    schema, rest = _schema(), iter(read)
    with pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=_LEVEL, version="2.6", write_page_checksum=True
    ) as writer:
        while some := list(islice(rest, _PAGES_A_GROUP)):
            try:
                writer.write_table(pa.Table.from_arrays(_columns(some, parser, vocabulary), schema=schema))
            except (pa.ArrowException, UnicodeError, OverflowError) as error:
                raise StorageError(f"{path.name}: a part cannot hold what a page says ({error})") from error


def read(path: Path) -> Iterator[Read]:
    """What a part holds, some pages at a time. Raises StorageError."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if not file.schema_arrow.equals(_schema()):
                raise StorageError(f"{path}: it is no part of this version")
            for group in range(file.num_row_groups):
                yield from _rows(file.read_row_group(group, use_threads=False))
    except (pa.ArrowException, OSError) as error:
        raise StorageError(f"{path}: the part cannot be read ({error})") from error


def captures(path: Path) -> list[tuple[str, str, str]]:
    """Of each page of a part the public id of its capture, and the parser and vocabulary that read it. Raises StorageError."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    names = ["capture_id", "parser", "vocabulary"]
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if not file.schema_arrow.equals(_schema()):
                raise StorageError(f"{path}: it is no part of this version")
            table = file.read(columns=names, use_threads=False)
            return [*zip(*[table.column(name).to_pylist() for name in names], strict=True)]
    except (pa.ArrowException, OSError) as error:
        raise StorageError(f"{path}: the part cannot be read ({error})") from error


def _schema() -> Any:
    import pyarrow as pa

    fact = pa.struct([_field(name) for name in _FACT])
    finding = pa.struct([_field(name) for name in _FINDING])
    lists = [("parts", pa.string()), ("facts", fact), ("findings", finding)]
    return pa.schema([*map(_field, _PAGE), *(pa.field(name, pa.list_(kind)) for name, kind in lists)])


def _field(name: str) -> Any:
    import pyarrow as pa

    kinds = dict.fromkeys(_NUMBERS, pa.int64()) | dict.fromkeys(_DIGESTS, pa.binary()) | {"value_real": pa.float64()}
    return pa.field(name, kinds.get(name, pa.string()))


def _columns(some: Sequence[Read], parser: str, vocabulary: str) -> list[Any]:
    """The columns of some pages, as the schema has them."""
    import pyarrow as pa

    schema = _schema()
    pages = zip(*[(*one.place, parser, vocabulary, *_outcome(one)) for one in some], strict=True)
    columns = [pa.array(cells, _field(name).type) for name, cells in zip(_PAGE, pages, strict=True)]
    told = [one.reading for one in some]
    facts = [reading.facts[:] if reading else () for reading in told]
    findings = [reading.findings if reading else () for reading in told]
    parts = pa.array([reading.parts if reading else () for reading in told], schema.field("parts").type)
    said = _facts_apart([fact for some in facts for fact in some])
    found = [[getattr(finding, name) for some in findings for finding in some] for name in _FINDING]
    kinds = [schema.field(name).type for name in ("facts", "findings")]
    return [*columns, parts, _lists([*map(len, facts)], said, kinds[0]), _lists([*map(len, findings)], found, kinds[1])]


def _outcome(one: Read) -> tuple[str | int | bytes | None, ...]:
    reading = one.reading
    if reading is None:
        return one.unread, *[None] * 10
    left, right = ((job.slug, job.title) if job else (None, None) for job in (reading.left, reading.right))
    return None, reading.outcome, *left, *right, *_sides(reading.facts)


def _sides(facts: Sequence[Fact]) -> tuple[int | bytes | None, ...]:
    if not isinstance(facts, Packed) or not all(side.content and side.layout for side in facts.sides):
        return None, None, None, None, None
    left, right = facts.sides
    return left.count, left.content, left.layout, right.content, right.layout


def _facts_apart(facts: Sequence[Fact]) -> list[Sequence[object]]:
    """The columns of facts, in the order of _FACT."""
    values, places = [fact.value for fact in facts], [fact.place for fact in facts]
    typed = [[value if type(value) is kind else None for value in values] for kind in (int, float, str)]
    return [
        [fact.side for fact in facts], [fact.field for fact in facts], [fact.item for fact in facts], *typed,
        [fact.status for fact in facts], [fact.raw for fact in facts], [fact.section for fact in facts],
        [place.block for place in places], [place.row for place in places], [place.column for place in places],
        [place.start for place in places],
    ]  # fmt: skip


def _lists(lengths: Sequence[int], columns: Sequence[Sequence[object]], kind: Any) -> Any:
    """Lists of so many structs each, of all their values column by column."""
    import pyarrow as pa

    fields = kind.value_type.fields
    structs = pa.StructArray.from_arrays(
        [pa.array(cells, field.type) for cells, field in zip(columns, fields, strict=True)], fields=fields
    )
    return pa.ListArray.from_arrays(pa.array(accumulate(lengths, initial=0), pa.int32()), structs, type=kind)


def _rows(table: Any) -> Iterator[Read]:
    """The pages of a row group. Facts of which there are digests are unpacked where somebody looks at them."""
    pages = zip(*[table.column(name).to_pylist() for name in _PAGE], strict=True)
    parts, facts = table.column("parts").to_pylist(), _Lists(table.column("facts"), _FACT)
    findings = _Lists(table.column("findings"), _FINDING)
    width = len(Placed._fields)
    for number, (page, named) in enumerate(zip(pages, parts, strict=True)):
        place = Placed(*page[:width])
        unread, outcome, left_slug, left_title, right_slug, right_title, left_facts, *digests = page[width + 2 :]
        if unread is not None:
            yield Read(place, None, unread)
            continue
        left = None if left_slug is None else Job(left_slug, left_title)
        right = None if right_slug is None else Job(right_slug, right_title)
        start, stop = facts.offsets[number], facts.offsets[number + 1]
        said = _facts(facts, start, stop) if left_facts is None else _packed(facts, start, start + left_facts, stop, *digests)
        found = [Finding(*row) for row in findings.rows(*findings.offsets[number : number + 2])]
        yield Read(place, Reading(outcome, left, right, said, tuple(named), tuple(found)))


class _Lists:
    """A column of lists of structs: of each list where its rows begin and end, and the rows."""

    def __init__(self, column: Any, names: Sequence[str]) -> None:
        lists = column.combine_chunks()
        self._structs, self._names = lists.values, names
        self.offsets: list[int] = lists.offsets.to_pylist()

    @cached_property
    def _columns(self) -> list[list[Any]]:
        """All columns at once: so a value costs least, even where not all are looked at."""
        return [_cells(self._structs.field(number), name) for number, name in enumerate(self._names)]

    def rows(self, start: int, stop: int) -> list[tuple[Any, ...]]:
        """Some rows, value by value in the order of the names."""
        return [] if start == stop else [*zip(*[column[start:stop] for column in self._columns], strict=True)]


def _cells(array: Any, name: str) -> list[Any]:
    if name not in _OFTEN:
        cells: list[Any] = array.to_pylist()
        return cells
    coded = array.dictionary_encode()
    words = [*coded.dictionary.to_pylist(), None]
    return [words[-1 if code is None else code] for code in coded.indices.to_pylist()]


def _packed(facts: _Lists, start: int, middle: int, stop: int, *digests: bytes) -> Packed:
    left = PackedSide(middle - start, digests[0], digests[1], lambda: [*_facts(facts, start, middle)])
    return Packed(left, PackedSide(stop - middle, digests[2], digests[3], lambda: [*_facts(facts, middle, stop)]))


def _facts(facts: _Lists, start: int, stop: int) -> tuple[Fact, ...]:
    return tuple([_fact_of(row) for row in facts.rows(start, stop)])


def _fact_of(row: tuple[Any, ...]) -> Fact:
    side, field, item, integer, real, text, status, raw, section, *place = row
    value = real if integer is None else integer
    return Fact(side, field, item, text if value is None else value, status, raw, section, Place(*place))
