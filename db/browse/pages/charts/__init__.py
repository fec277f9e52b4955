"""Charts as SVG drawn on the server: pure functions from plain data to markup, without network, clock or script.

Places along the width are per cents and heights are pixels, so that text keeps its size on a phone and on a wide screen. The
same input gives the same bytes. Colours and patterns stand in static/charts.css.
"""

from db.browse.pages.charts.bars import Pair, bars
from db.browse.pages.charts.lines import Point, Series, lines
from db.browse.pages.charts.ranges import Range, ranges
from db.browse.pages.charts.stacks import Part, Stack, stacks

__all__ = ["Pair", "Part", "Point", "Range", "Series", "Stack", "bars", "lines", "ranges", "stacks"]
