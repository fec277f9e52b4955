"""The command line: each command parses, calls one function, prints, and chooses an exit code.

Imports stand inside the commands, so that `--help` is quick.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

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
    urls_file: Annotated[
        Path | None, typer.Option("--urls", metavar="FILE", help="A list of pages, one address a line; - for standard input.")
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Pairs of occupations, titles or slugs, with the header left,right.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="URL", help="The site whose pages compare the pairs. [default: that of the site file]")
    ] = None,
    sitemap: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="Take the comparison pages of a sitemap; may be repeated.")
    ] = None,
    follow: Annotated[
        int, typer.Option(min=0, max=100, metavar="N", help="Follow links to other comparison pages of a site so deep.")
    ] = 0,
    refresh: Annotated[bool, typer.Option("--refresh", help="Fetch also what is not due yet.")] = False,
    max_pages: Annotated[int | None, typer.Option(min=1, metavar="N", help="Fetch no more pages in this run.")] = None,
    time_limit: Annotated[float | None, typer.Option(min=0, metavar="S", help="End the run after so many seconds.")] = None,
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
    log_format: Annotated[Literal["text", "json"], typer.Option(help="What is written to standard error.")] = "text",
    as_json: Json = False,
) -> None:
    """Fetch pages politely.

    They are archived, read and loaded one by one. A run also takes up what an earlier one left; without any page named, it
    fetches all that is due.
    """
    from scraper import report, terminal, wishes
    from scraper import scrape as scraping
    from scraper.operation import events, oversight
    from scraper.politeness import Clock
    from scraper.process import Stop

    raise_when_terminated()
    settings = _settings(context, contact=contact)
    listed = wishes.listed(urls_file, pairs, base, settings.db)
    wish = wishes.Wish(
        tuple(urls or ()), tuple(allow_host or ()), delay, listed, tuple(sitemap or ()), follow, refresh, max_pages, time_limit
    )
    in_json = log_format == "json"
    log = events.Log() if in_json else events.Silent()
    with Stop() as stop:
        clock = Clock(sleep=stop.sleep)
        with (
            oversight.overseen(settings, clock, log) as ended,
            terminal.progress("fetching", hidden=in_json) as bar,
            report.collected(bar.advance, silent=in_json) as told,
        ):
            ended.append(scraping.pages(settings, wish, clock, oversight.Onlooker(told, bar, log), stop))
    _end(context, ended[0], told, as_json)


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
    from scraper.operation import events, oversight

    raise_when_terminated()
    flags: _Flags = context.obj
    settings = _settings(context) if flags.db else tour.own_settings()
    with terminal.progress("scraping") as bar, report.collected(bar.advance) as told:
        root, done = tour.scrape_bundled(settings, oversight.Onlooker(told, bar, events.Silent()))
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

    from db import coverage, hosts, queries, queue, requests
    from scraper import report, terminal
    from scraper.capture import stamp

    time = datetime.now(UTC)
    with _reading(context) as db:
        now = stamp(time)
        counts, covered = queries.counts(db), coverage.coverage(db, time)
        runs = queries.newest_runs(db, 10)
        scraped = next((row["run_id"] for row in runs if row["command"] == "scrape"), 0)
        more = {"queue": queue.counts(db, now), "held": hosts.held(db, now), "parked": queue.parked(db, 100)}
        more |= {"requests": requests.outcomes(db, scraped)}
        lines = [report.coverage_line(counts, covered), *report.queue_lines(db, now), report.requests_line(db, scraped)]
    if as_json:
        terminal.print_json({**counts, "coverage": covered, **more, "runs": runs})
        return
    terminal.tell("\n".join(filter(None, lines)))
    terminal.tell("")
    terminal.print_table(report.RUN_HEADS, [report.run_cells(row) for row in runs])


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Check database, archive and machine."""
    from scraper import doctor as ward
    from scraper import terminal

    settings = _settings(context)
    if settings.db.is_file() and settings.db.stat().st_size:
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


@app.command()
def schedule(
    context: typer.Context,
    kind: Annotated[Literal["systemd", "cron", "github"], typer.Argument(help="What is to run it.", show_default=False)],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="-- ARGUMENT...", help="Those of scrape, behind --.", show_default=False)
    ] = None,
    every: Annotated[Literal["hourly", "daily", "weekly"], typer.Option(help="How often.")] = "daily",
) -> None:
    """Print a unit that scrapes again and again.

    It carries the configuration of this moment; docs/operation.md says how to install it.
    """
    from scraper import terminal
    from scraper.operation import schedule as units

    words, settings = tuple(arguments or ()), _settings(context)
    command = typer.main.get_command(app)
    scraping = command.get_command(context, "scrape")  # type: ignore[attr-defined]
    scraping.make_context("scrape", list(words), parent=context.parent).close()
    terminal.tell(units.unit(kind, settings, words, units.this_program(), every).rstrip("\n"))
    if not settings.contact and not any(word.partition("=")[0] == "--contact" for word in words):
        terminal.say("careerscape: no contact is set, so that scrape will ask no host but this machine (--contact, docs/cli.md)")


if __name__ == "__main__":
    main()
