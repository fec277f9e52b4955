"""What all commands share: the application, its options, and how they open the database."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from db.connection import Database
    from scraper.settings import Settings
    from scraper.terminal import Trend

app = typer.Typer(
    name="careerscape",
    help="Career comparison pages into a SQLite database that people can trust.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
EVERYWHERE = ("--db", "--archive", "--config")
Json = Annotated[bool, typer.Option("--json", help="Print JSON: one object, or one a line.")]
Occupation = Annotated[str, typer.Argument(help="Slug or title.", show_default=False)]


@dataclass(frozen=True, slots=True)
class Flags:
    """The options of every command as they were given."""

    db: str | None
    archive: str | None
    config: str | None


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"careerscape {version('careerscape')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    db: Annotated[str | None, typer.Option(help="The database [default: careerscape.db].", metavar="FILE")] = None,
    archive: Annotated[str | None, typer.Option(help="The archive folder [default: archive].", metavar="FOLDER")] = None,
    config: Annotated[str | None, typer.Option(help="Settings [default: careerscape.toml].", metavar="FILE")] = None,
    version: Annotated[  # noqa: ARG001 - acts by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of every command; each can also come from CAREERSCAPE_DB, CAREERSCAPE_ARCHIVE, CAREERSCAPE_CONFIG."""
    context.obj = Flags(db, archive, config)


def settings_of(context: typer.Context, contact: str | None = None) -> "Settings":
    """What flags, environment and configuration file say together."""
    from dataclasses import asdict

    from scraper import settings

    return settings.resolve(asdict(context.obj) | {"contact": contact})


def reading(context: typer.Context) -> "AbstractContextManager[Database]":
    """The database of the command, for queries."""
    return reading_at(settings_of(context).db)


@contextmanager
def reading_at(path: Path) -> "Iterator[Database]":
    """A database, for queries."""
    from db.connection import guarded, open_to_read

    with guarded(path):
        db = open_to_read(path)
        try:
            yield db
        finally:
            db.close()


def print_sheet(db: "Database", slugs: Sequence[str]) -> None:
    """Print occupations side by side; on a terminal of two also what is most worth knowing, of one how its pay went."""
    from db import queries, sheet
    from scraper import terminal

    heads = [
        queries.latest(db, slug) | dict(zip(("soc_code", "soc_title"), queries.soc(db, slug), strict=True)) for slug in slugs
    ]
    pay = _pay(db, slugs[0]) if terminal.shown() and len(slugs) == 1 else None
    if terminal.shown() and len(slugs) == 2:
        terminal.print_lines([*_verdict(db, slugs), ""])
    terminal.print_sheet(heads, sheet.lines(db, slugs), pay)


def _verdict(db: "Database", slugs: Sequence[str]) -> "Iterator[str]":
    """Sentences about two occupations."""
    from db.browse import figures

    for sentence in figures.comparison(db, *slugs).verdict:
        since = f", since {sentence.since[:10]} at least" if sentence.since else ""
        yield f"{sentence.words}{since}.{f' {sentence.note}.' if sentence.note else ''}"


def _pay(db: "Database", slug: str) -> "Trend | None":
    """What an occupation was paid over time, None where that never changed."""
    from db import queries
    from normalize.fields import BY_NAME
    from scraper import timeline

    return next(iter(timeline.trends(queries.history(db, slug, BY_NAME["salary.annual_mean_usd"]))), None)
