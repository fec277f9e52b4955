"""The command line: each command parses, calls one function, prints, and chooses an exit code.

Imports stand inside the commands, so that `--help` is quick.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from normalize.errors import CareerscapeError, StorageError
from scraper.process import Terminated, prepare_streams, raise_when_terminated

if TYPE_CHECKING:
    from db.connection import Database
    from scraper import run
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
_MOST_SAID = 20
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


def _settings(context: typer.Context) -> "Settings":
    from dataclasses import asdict

    from scraper import settings

    return settings.resolve(asdict(context.obj))


@contextmanager
def _reading(context: typer.Context) -> "Iterator[Database]":
    from db.connection import guarded, open_to_read

    path = _settings(context).db
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
    """Load saved pages (.html, .txt, .md), without network."""
    from datetime import UTC, datetime

    from scraper import run, sources, terminal

    pages = sources.find(paths, url)
    raise_when_terminated()
    if not pages:
        terminal.say("careerscape: no saved pages there (.html, .htm, .xhtml, .txt, .md)")
    with terminal.progress("importing", len(pages)) as advance:
        reports: list[run.PageReport] = []

        def tell(report: run.PageReport) -> None:
            reports.append(report)
            advance()

        report = run.import_pages(_settings(context), pages, lambda: datetime.now(UTC), tell)
    _say_findings(reports)
    with _reading(context) as db:
        _print_run(db, report, reports, as_json)
    raise typer.Exit(report.exit_code)


def _say_findings(reports: "list[run.PageReport]") -> None:
    """Name every error, and the first of what else is worth knowing."""
    from scraper import terminal

    lesser: list[str] = []
    for page in reports:
        for finding in page.findings:
            words = f"{finding.code}: {finding.message}"
            if finding.severity == "error":
                terminal.say(f"{page.name}: {page.outcome}: {words}")
            elif finding.severity == "warning" or finding.code == "time_from_file":
                lesser.append(f"{page.name}: {finding.severity}: {words}")
    for line in lesser[:_MOST_SAID]:
        terminal.say(line)
    if len(lesser) > _MOST_SAID:
        terminal.say(f"and {len(lesser) - _MOST_SAID:,} more, see the view finding")


def _print_run(db: "Database", report: "run.Report", reports: "list[run.PageReport]", as_json: bool) -> None:
    from dataclasses import asdict

    from db import queries
    from scraper import terminal

    row = queries.run(db, report.run_id)
    if as_json:
        files = [{"file": r.name, "outcome": r.outcome, "findings": [asdict(f) for f in r.findings]} for r in reports]
        terminal.print_json(row | {"files": files, "findings": queries.findings(db, report.run_id)})
        return
    partial = f"; {report.counts.partial} partial" if report.counts.partial else ""
    counts = ", ".join(f"{row[name]} {name}" for name in ("loaded", "unchanged", "rejected", "failed") if row[name])
    warnings = sum(f.severity == "warning" for r in reports for f in r.findings)
    noted = f"; {warnings} warning{'s' * (warnings != 1)}" if warnings else ""
    terminal.tell(f"{row['pages']} page{'s' * (row['pages'] != 1)}{': ' * bool(counts)}{counts}{partial}{noted}")


@app.command()
def show(context: typer.Context, occupation: Occupation, as_json: Json = False) -> None:
    """Show what is known of one occupation."""
    _sheet(context, (occupation,), as_json)


@app.command()
def compare(context: typer.Context, left: Occupation, right: Occupation, as_json: Json = False) -> None:
    """Show any two occupations side by side, whether or not a page compares them."""
    _sheet(context, (left, right), as_json)


def _sheet(context: typer.Context, names: tuple[str, ...], as_json: bool) -> None:
    from db import queries, sheet
    from scraper import terminal

    with _reading(context) as db:
        slugs = [queries.occupation(db, name) for name in names]
        if not as_json:
            terminal.print_sheet([queries.latest(db, slug) for slug in slugs], sheet.lines(db, slugs))
            return
        objects = [queries.latest(db, slug) | {"facts": queries.facts(db, slug)} for slug in slugs]
    terminal.print_json(objects[0] if len(objects) == 1 else dict(zip(("left", "right"), objects, strict=True)))


@app.command()
def explain(
    context: typer.Context,
    occupation: Occupation,
    field: Annotated[str, typer.Argument(help="Such as salary.annual_mean_usd or race_pct.white.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Show where a value came from: cell, page, archive record and code."""
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


if __name__ == "__main__":
    main()
