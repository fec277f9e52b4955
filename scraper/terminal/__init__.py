"""The door to rich: tables, small charts, messages and progress."""

from scraper.terminal.marks import Stretch
from scraper.terminal.screen import shown
from scraper.terminal.sheet import print_sheet
from scraper.terminal.tables import print_lines, print_pairs, print_table
from scraper.terminal.trends import Trend, print_columns, print_parts, print_trends
from scraper.terminal.waiting import UNSHOWN, Bar, _ShownBar, progress
from scraper.terminal.words import print_json, safe, say, tell

__all__ = [
    "UNSHOWN",
    "Bar",
    "Stretch",
    "Trend",
    "_ShownBar",
    "print_columns",
    "print_json",
    "print_lines",
    "print_pairs",
    "print_parts",
    "print_sheet",
    "print_table",
    "print_trends",
    "progress",
    "safe",
    "say",
    "shown",
    "tell",
]
