"""The command line: each command parses, calls one function, prints, and chooses an exit code.

Imports stand inside the commands, so that `--help` is quick.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from normalize.errors import CareerscapeError, StorageError
from scraper.process import Terminated, prepare_streams, raise_when_terminated

if TYPE_CHECKING:
    from db.connection import Database
    from scraper import report, run
    from scraper.settings import Settings

app = typer.Typer(
    name="careerscape",
    help="Career comparison pages into a SQLite database that people can trust.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_EVERYWHERE = ("--db", "--archive", "--config")
Json = Annotated[bool, typer.Option("--json", help="Print JSON: one object, or one a line.")]
Occupation = Annotated[str, typer.Argument(help="Slug or title.", show_default=False)]


@dataclass(frozen=True, slots=True)
class _Flags:
    db: str | None
    archive: str | None
    config: str | None


def main() -> None:
    """Run the command line; errors of ours become one line and their exit code."""
    prepare_streams()
    try:
        app(_options_first(sys.argv[1:]))
    except CareerscapeError as error:
        from scraper.terminal import say

        say(f"careerscape: {error}")
        sys.exit(error.exit_code)
    except OSError as error:
        from scraper.terminal import say

        say(f"careerscape: {error}")
        sys.exit(StorageError.exit_code)
    except Terminated:
        sys.exit(143)
    except KeyboardInterrupt:
        sys.exit(130)


def _options_first(arguments: list[str]) -> list[str]:
    """The options of every command before the command, wherever they were written."""
    first, rest, words = [], [], iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in _EVERYWHERE:
            first += [word, *(value for value in (next(words, None),) if value is not None)]
        else:
            (first if word.partition("=")[0] in _EVERYWHERE else rest).append(word)
    return [*first, *rest]


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
    context.obj = _Flags(db, archive, config)


def _settings(context: typer.Context, contact: str | None = None) -> "Settings":
    from dataclasses import asdict

    from scraper import settings

    return settings.resolve(asdict(context.obj) | {"contact": contact})


def _reading(context: typer.Context) -> "AbstractContextManager[Database]":
    return _reading_at(_settings(context).db)


@contextmanager
def _reading_at(path: Path) -> "Iterator[Database]":
    from db.connection import guarded, open_to_read

    with guarded(path):
        db = open_to_read(path)
        try:
            yield db
        finally:
            db.close()


@app.command(name="import")
def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Saved pages, or folders of them.", show_default=False)],
    url: Annotated[str, typer.Option(help="Address of the page, where the file does not tell it (one file only).")] = "",
    as_json: Json = False,
) -> None:
    """Load saved pages (.html, .txt, .md)."""
    from datetime import UTC, datetime

    from scraper import importing, report, sources, terminal

    pages = sources.find(paths, url)
    raise_when_terminated()
    if not pages:
        terminal.say("careerscape: no saved pages there (.html, .htm, .xhtml, .txt, .md)")
    with terminal.progress("importing") as bar, report.collected(bar.advance) as told:
        bar.begin(len(pages))
        done = importing.import_pages(_settings(context), pages, lambda: datetime.now(UTC), told.add)
    _end(context, done, told, as_json)


@app.command()
def scrape(
    context: typer.Context,
    urls: Annotated[list[str] | None, typer.Argument(metavar="URL...", help="Pages to fetch.", show_default=False)] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="Permit a host (or HOST:PORT) that no site file lists; may be repeated."),
    ] = None,
    delay: Annotated[
        float | None, typer.Option(min=0, metavar="S", help="Seconds between two requests to a host. [default: the site's own]")
    ] = None,
    contact: Annotated[
        str | None, typer.Option(metavar="WHO", help="Where a site's owner can reach you: a mail or web address.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch pages politely.

    They are archived, read and loaded one by one. Without URL, what an earlier run left is fetched.
    """
    from scraper import report, terminal
    from scraper import scrape as scraping
    from scraper.politeness import Clock

    raise_when_terminated()
    wish = scraping.Wish(tuple(urls or ()), tuple(allow_host or ()), delay)
    with terminal.progress("fetching") as bar, report.collected(bar.advance) as told:
        done = scraping.pages(_settings(context, contact=contact), wish, Clock(), bar.begin, told.add)
    _end(context, done, told, as_json)


def _end(context: typer.Context, done: "run.Report", told: "report.Told", as_json: bool) -> NoReturn:
    """Say what a run did, and exit with its code."""
    told.say()
    with _reading(context) as db:
        told.print_run(db, done, as_json)
    raise typer.Exit(done.exit_code)


@app.command()
def demo(context: typer.Context, as_json: Json = False) -> None:
    """Scrape sixteen pages from this machine.

    They come with the program; a web server on this machine shows them for as long as it takes. Works without network, in a
    database of its own unless --db is given.
    """
    from scraper import report, terminal
    from scraper.demo import tour

    raise_when_terminated()
    flags: _Flags = context.obj
    settings = _settings(context) if flags.db else tour.own_settings()
    with terminal.progress("scraping") as bar, report.collected(bar.advance) as told:
        root, done = tour.scrape_bundled(settings, bar.begin, told.add)
    told.say()
    with _reading_at(settings.db) as db:
        if not as_json:
            terminal.tell(f"Scraped {root}, a web server on this machine with {len(told.pages)} saved comparison pages.")
        told.print_run(db, done, as_json)
        if not as_json:
            terminal.tell("\nTwo jobs that no page compares:\n")
            _print_sheet(db, (tour.LEFT, tour.RIGHT))
            terminal.tell(f"\n{tour.where_to_look(settings, flags.db is None)}")
    raise typer.Exit(done.exit_code)


@app.command()
def show(context: typer.Context, occupation: Occupation, as_json: Json = False) -> None:
    """Show what is known of one occupation."""
    _sheet(context, (occupation,), as_json)


@app.command()
def compare(context: typer.Context, left: Occupation, right: Occupation, as_json: Json = False) -> None:
    """Show any two occupations side by side."""
    _sheet(context, (left, right), as_json)


def _sheet(context: typer.Context, names: tuple[str, ...], as_json: bool) -> None:
    from db import queries
    from scraper import terminal

    with _reading(context) as db:
        slugs = [queries.occupation(db, name) for name in names]
        if not as_json:
            _print_sheet(db, slugs)
            return
        objects = [queries.latest(db, slug) | {"facts": queries.facts(db, slug)} for slug in slugs]
    terminal.print_json(objects[0] if len(objects) == 1 else dict(zip(("left", "right"), objects, strict=True)))


def _print_sheet(db: "Database", slugs: "Sequence[str]") -> None:
    from db import queries, sheet
    from scraper import terminal

    terminal.print_sheet([queries.latest(db, slug) for slug in slugs], sheet.lines(db, slugs))


@app.command()
def explain(
    context: typer.Context,
    occupation: Occupation,
    field: Annotated[str, typer.Argument(help="Such as salary.annual_mean_usd or race_pct.white.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Show where a value came from."""
    from datetime import UTC, datetime

    from db import captures, queries
    from scraper import explain as chain
    from scraper import terminal
    from scraper.archive import Archive
    from scraper.sandbox import Sandbox

    with _reading(context) as db:
        slug = queries.occupation(db, occupation)
        wanted, item = queries.field_and_item(field)
        archive = Archive(_settings(context).archive, captures.known_files(db), datetime.now(UTC))
        with Sandbox() as sandbox:
            explained = chain.explain(db, archive, sandbox.trace, slug, wanted, item)
        title = queries.latest(db, slug)["title"]
    if as_json:
        for explanation in explained:
            terminal.print_json(explanation.to_dict())
        return
    for words in chain.in_words(title, explained, archive.folder):
        terminal.print_pairs(*words)


@app.command()
def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="Words of a title; all occupations without.", show_default=False)] = "",
    as_json: Json = False,
) -> None:
    """List occupations by title."""
    from db import queries
    from scraper import terminal

    with _reading(context) as db:
        found = queries.search(db, text)
    if as_json:
        for row in found:
            terminal.print_json(row)
    elif found:
        terminal.print_table(("title", "slug"), [(row["title"], row["slug"]) for row in found])
    else:
        terminal.say(f"no occupation has {text!r} in its title")


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show what is fresh, and the last runs."""
    from datetime import UTC, datetime

    from db import coverage, queries
    from scraper import report, terminal

    with _reading(context) as db:
        counts, covered = queries.counts(db), coverage.coverage(db, datetime.now(UTC))
        runs = queries.newest_runs(db, 10)
    if as_json:
        terminal.print_json({**counts, "coverage": covered, "runs": runs})
        return
    terminal.tell(report.coverage_line(counts, covered))
    terminal.tell("")
    terminal.print_table(report.RUN_HEADS, [report.run_cells(row) for row in runs])


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Check database, archive and machine."""
    from scraper import doctor as ward
    from scraper import terminal

    settings = _settings(context)
    if settings.db.exists():
        with _reading(context) as db:
            diagnosis = ward.diagnose(settings, db)
    else:
        diagnosis = ward.diagnose(settings, None)
    if as_json:
        terminal.print_json({**diagnosis.sections, "problems": list(diagnosis.problems)})
    else:
        for name, pairs in diagnosis.sections.items():
            terminal.print_pairs(name, list(pairs.items()))
        terminal.tell("\n".join(["", *diagnosis.problems]) if diagnosis.problems else "\nNo problem found.")
    raise typer.Exit(StorageError.exit_code if diagnosis.problems else 0)


if __name__ == "__main__":
    main()
