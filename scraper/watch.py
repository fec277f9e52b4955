"""Who looks on while a run works, and who may ask it to end."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from scraper.intake import PageReport, Report
from scraper.visits import Hop


class Watch:
    """Hears what a run does; this one says nothing."""

    def open(self, report: Report) -> None:
        """The run has its locks, and begins; its report grows as it works."""

    def begin(self, total: int) -> None:
        """So many pages are to be fetched."""

    def grow(self, more: int) -> None:
        """So many more were found."""

    def page(self, report: PageReport) -> None:
        """A page is decided."""

    def request(self, hop: Hop) -> None:
        """A request has ended, or was refused."""

    def waiting(self, host: str, seconds: float, reason: str) -> None:
        """The run waits for a host."""


class Stopping(Protocol):
    """How a run is asked to end."""

    def check(self) -> None:
        """A safe place to end at."""

    def shielded(self) -> AbstractContextManager[None]:
        """What must not be left half done."""


class Unstoppable:
    """Nobody asks."""

    def check(self) -> None:
        """Go on."""

    def shielded(self) -> AbstractContextManager[None]:
        """Nothing comes."""
        return nullcontext()
