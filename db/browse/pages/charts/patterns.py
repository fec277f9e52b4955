"""Textures that tell neighbouring segments apart where colours do not: every second kind has one."""

from collections.abc import Iterable

from markupsafe import Markup

from db.browse.pages.charts.pen import KINDS, element

_SIZE = 8
_TEXTURES = {
    1: "M-2 2L2 -2M0 8L8 0M6 10L10 6",
    3: "M2 1V3M6 5V7",
    5: "M-2 6L2 10M0 0L8 8M6 -2L10 2",
    7: "M0 2H8M0 6H8",
}


def patterns(key: str, kinds: Iterable[int]) -> Markup:
    """The textures of the kinds of a chart, in a drawing that takes no room."""
    found = [
        element(
            "pattern",
            element("path", d=_TEXTURES[kind], class_=f"chart-texture kind-{kind}-ink"),
            id=f"{key}-k{kind}", width=_SIZE, height=_SIZE, patternUnits="userSpaceOnUse",
        )
        for kind in sorted({kind % KINDS for kind in kinds} & _TEXTURES.keys())
    ]  # fmt: skip
    if not found:
        return Markup()
    return element("svg", element("defs", *found), width=0, height=0, aria_hidden="true", class_="chart-defs")


def filled(key: str, kind: int, gap: float = 0) -> list[Markup]:
    """What fills a nested drawing with the colour and texture of a kind, all but a gap on the left."""
    whole: dict[str, str | float] = {"x": gap, "width": "100%", "height": "100%"}
    drawn = [element("rect", **whole, class_=f"kind-{kind % KINDS}")]
    if kind % KINDS in _TEXTURES:
        drawn.append(element("rect", **whole, fill=f"url(#{key}-k{kind % KINDS})"))
    return drawn
