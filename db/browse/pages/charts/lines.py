"""Values over time: steps where a value is known, dots in between where it is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from markupsafe import Markup

from db.browse.calendar import day
from db.browse.pages.charts import dates, pen, scales
from db.browse.pages.charts.pen import NARROW, element, joined, number, percent
from db.browse.pages.charts.scales import Scale

_HEIGHT = 220
_WIDTH = 1000
_MANY = 40
_FEW = 6


@dataclass(frozen=True, slots=True)
class Point:
    """A stretch of one value: the ISO times at which it was seen first and last, and the value in words."""

    since: str
    until: str
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Series:
    """The stretches of one occupation. `tone` is the number of the colour and of the shape of its points."""

    name: str
    tone: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """A stretch that has been read."""

    begin: datetime
    end: datetime
    value: float
    words: str


def lines(series: Sequence[Series], title: str) -> Markup:
    """A line for each series with a point where a value begins, and a table of all stretches. Raises ValueError for a number
    that cannot be drawn, a time that cannot be read, and a stretch that ends before it begins."""
    read = [(one, _steps(one.points)) for one in series]
    every = [step for _, steps in read for step in steps]
    if not every:
        return pen.figure("lines", title, pen.note("No figures to draw."))
    scale = scales.around([step.value for step in every], [step.words for step in every])
    span = dates.Span(min(step.begin for step in every), max(step.end for step in every))
    key = pen.key("lines", title, series)
    drawn = [_grid(scale), *(_line(one.tone, steps, scale, span) for one, steps in read)]
    picture = pen.picture(key, title, " ".join(_said(one.name, steps) for one, steps in read), _HEIGHT, *drawn)
    plot = element("div", picture, scales.ticks(span.ticks(), NARROW - 64), class_=f"chart-plot chart-gutter-{_gutter(scale)}")
    unsure = any(before.end < after.begin for _, steps in read for before, after in pairwise(steps))
    return pen.figure("lines", title, _legend(read), plot, pen.note(_note(scale, unsure)), _data(read, title))


def _steps(points: Sequence[Point]) -> list[_Step]:
    read = [_Step(dates.read(point.since), dates.read(point.until), pen.drawable(point.value), point.words) for point in points]
    for step, point in zip(read, points, strict=True):
        if step.end < step.begin:
            raise ValueError(f"a stretch ends before it begins: {point.since} to {point.until}")
    return sorted(read, key=lambda step: (step.begin, step.end))


def _height(scale: Scale, value: float) -> float:
    return _HEIGHT * (1 - scale.at(value) / 100)


def _grid(scale: Scale) -> Markup:
    """Level lines with their numbers on the left."""
    drawn = []
    for tick in scale.ticks:
        y = _height(scale, tick)
        drawn.append(element("line", x1=0, x2="100%", y1=y, y2=y, class_="chart-zero" if tick == 0 else "chart-grid"))
        drawn.append(element("text", scale.words(tick), x=-10, y=y + 4.5, text_anchor="end", class_="chart-tick"))
    return joined(drawn)


def _line(tone: int, steps: Sequence[_Step], scale: Scale, span: dates.Span) -> Markup:
    """The line of a series: what is known, what is not, and the points."""
    tone %= pen.TONES
    placed = [(span.at(step.begin), span.at(step.end), _height(scale, step.value)) for step in steps]
    known = "".join(f"M{_x(begin)} {number(y)}H{_x(end)}" for begin, end, y in placed if end > begin)
    unknown = "".join(_between(before, after) for before, after in pairwise(placed))
    paths = [
        element("path", d=d, vector_effect="non-scaling-stroke", class_=f"{class_} tone-{tone}")
        for d, class_ in ((unknown, "chart-unsure"), (known, "chart-line"))
        if d
    ]
    stretched = element(
        "svg", *paths, width="100%", height=_HEIGHT, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", preserveAspectRatio="none"
    )
    points = [_point(tone, len(steps) > _MANY, at, y, step) for step, (at, _, y) in zip(steps, placed, strict=True)]
    return element("g", stretched, *points)


def _x(at: float) -> str:
    return number(at * _WIDTH / 100)


def _between(before: tuple[float, float, float], after: tuple[float, float, float]) -> str:
    return f"M{_x(before[1])} {number(before[2])}L{_x(after[0])} {number(after[2])}"


def _point(tone: int, many: bool, at: float, y: float, step: _Step) -> Markup:
    title = element("title", f"{step.words}, {dates.stretch(step.begin, step.end)}")
    return element("svg", _sign(tone, 2 if many else 5, title), x=percent(at), y=y, overflow="visible")


def _sign(tone: int, size: float, *content: Markup) -> Markup:
    """A disc, a square or a diamond."""
    class_ = f"chart-{'point' if size > 2 else 'dot'} tone-{tone}"
    if tone == 0:
        return element("circle", *content, r=size, class_=class_)
    turn = "rotate(45)" if tone == 2 else "rotate(0)"
    return element("rect", *content, x=-size, y=-size, width=2 * size, height=2 * size, transform=turn, class_=class_)


def _said(name: str, steps: Sequence[_Step]) -> str:
    """A series in a sentence; of many stretches the first, the lowest, the highest and the last."""
    name = pen.short(name, 200)
    if not steps:
        return f"{name}: no figures."
    if len(steps) <= _FEW:
        return f"{name}: {', '.join(f'{step.words} {dates.stretch(step.begin, step.end)}' for step in steps)}."
    low, high = min(steps, key=lambda step: step.value), max(steps, key=lambda step: step.value)
    named = (("first", steps[0]), ("lowest", low), ("highest", high), ("last", steps[-1]))
    words = ", ".join(f"{what} {step.words} {dates.stretch(step.begin, step.end)}" for what, step in named)
    return f"{name}: {len(steps):,} stretches, {words}."


def _gutter(scale: Scale) -> int:
    """How much room the numbers on the left need: 1, 2 or 3."""
    longest = max(len(scale.words(tick)) for tick in scale.ticks)
    return 1 if longest <= 5 else 2 if longest <= 7 else 3


def _note(scale: Scale, unsure: bool) -> str:
    begins = "" if scale.low <= 0 <= scale.high else f"The scale begins at {scale.words(scale.low)}."
    return f"{begins} {'Dotted where no page shows a value.' if unsure else ''}".strip()


def _legend(read: Sequence[tuple[Series, Sequence[_Step]]]) -> Markup:
    """Each series with its sign and its last value. For the eye only: the drawing says the same."""
    return element("ul", *(_entry(one, steps) for one, steps in read), class_="chart-legend", aria_hidden="true")


def _entry(one: Series, steps: Sequence[_Step]) -> Markup:
    tone = one.tone % pen.TONES
    sign = element(
        "svg",
        element("line", x1=0, x2=22, y1=7, y2=7, class_=f"chart-line tone-{tone}"),
        element("svg", _sign(tone, 4.5), x=11, y=7, overflow="visible"),
        width=22, height=14, aria_hidden="true", class_="chart-swatch",
    )  # fmt: skip
    last = f"{steps[-1].words}, {day(steps[-1].end)}" if steps else "no figures"
    words = element("span", element("bdi", pen.short(one.name, 120)), " ", element("span", last, class_="chart-quiet"))
    return element("li", sign, words)


def _data(read: Sequence[tuple[Series, Sequence[_Step]]], title: str) -> Markup:
    """All stretches, for those who would rather read."""
    head = element("tr", *(element("th", words, scope="col") for words in ("Occupation", "First seen", "Last seen", "Value")))
    body = element("tbody", *_rows(read))
    table = element("table", element("caption", title), element("thead", head), body, class_="chart-table")
    return element("details", element("summary", "The figures as a table"), table, class_="chart-data")


def _rows(read: Sequence[tuple[Series, Sequence[_Step]]]) -> Iterator[Markup]:
    for one, steps in read:
        name = element("bdi", pen.short(one.name, 120))
        for step in steps:
            times = (element("td", dates.time(moment)) for moment in (step.begin, step.end))
            yield element("tr", element("th", name, scope="row"), *times, element("td", step.words))
