"""What the application asks of the archive, which `db` itself does not know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from db.queries import Row
from normalize.errors import UsageError
from normalize.fields import Field


class Withheld(UsageError):
    """The site asked that no copy of its page is shown."""


@dataclass(frozen=True, slots=True)
class Explained:
    """The chain behind a value: headings with labelled lines (the label of a continued line is empty), the same as objects for
    JSON, whether there is a copy of the page to look at and the anchor of the value in it, and of a single value the gist in a
    few sentences, empty for none."""

    sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    objects: Sequence[Row]
    has_copy: bool
    anchor: str = ""
    gist: str = ""


class Sources(Protocol):
    """Where values came from. Asked by one thread at a time."""

    def explain(self, slug: str, field: Field, item: str) -> Explained:
        """The chain behind a field, or one item of it. Raises UnknownField where no page has it for the occupation."""

    def page(self, slug: str, field: Field, item: str) -> str:
        """The archived page as HTML in which nothing runs, with the value marked.

        Raises Withheld, UnknownField, UsageError where the page cannot be shown, StorageError where the archive does not have it.
        """

    def close(self) -> None:
        """End what was started."""
