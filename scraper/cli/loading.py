"""Commands that bring pages in."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from normalize.errors import CareerscapeError
from scraper.cli.again import Workers
from scraper.cli.base import Flags, Json, app, print_sheet, reading, reading_at, settings_of
from scraper.process import raise_when_terminated

if TYPE_CHECKING:
    from scraper import report
    from scraper.intake import Report


@app.command(name="import")
def import_(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Saved pages, crawls, or folders of them.", show_default=False)
    ],
    url: Annotated[str, typer.Option(help="Address of the page, where the file does not tell it (one file only).")] = "",
    workers: Workers = 1,
    as_json: Json = False,
) -> None:
    """Load saved pages (.html, .txt, .md) and the pages of crawls (.warc, .warc.gz, .wacz)."""
    from datetime import UTC, datetime

    from scraper import importing, report, sources, terminal

    pages = sources.find(paths, url, settings_of(context).archive)
    raise_when_terminated()
    if not pages.count:
        terminal.say("careerscape: no saved pages there (.html, .htm, .xhtml, .txt, .md, .warc, .warc.gz, .wacz)")
    with (
        terminal.progress("importing") as bar,
        report.collected(bar.advance, at_once=not sys.stderr.isatty(), keep=as_json) as told,
    ):
        bar.begin(pages.count - pages.crawls)
        done = importing.import_pages(settings_of(context), pages, lambda: datetime.now(UTC), told.add, workers)
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
    plan: Annotated[
        bool, typer.Option("--plan", help="Fetch the fewest known pages that show every occupation, and no others that wait.")
    ] = False,
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
    from datetime import UTC, datetime

    from scraper import planning, report, terminal, wishes
    from scraper import scrape as scraping
    from scraper.operation import events, oversight
    from scraper.politeness import Clock
    from scraper.process import Stop

    raise_when_terminated()
    settings = settings_of(context, contact=contact)
    listed, allowed = wishes.listed(urls_file, pairs, base, settings.db), tuple(allow_host or ())
    planned = planning.addresses(settings, datetime.now(UTC), max_pages, allowed, refresh) if plan else ()
    if plan and not planned:
        terminal.say("careerscape: a page of every occupation is fresh; nothing is planned (--refresh plans anew)")
    wish = wishes.Wish(
        (*(urls or ()), *planned), allowed, delay, listed, tuple(sitemap or ()), follow, refresh, max_pages, time_limit, plan
    )
    in_json = log_format == "json"
    log = events.Log() if in_json else events.Silent()
    try:
        with Stop() as stop:
            clock = Clock(sleep=stop.sleep)
            with (
                oversight.overseen(settings, clock, log) as told_of,
                terminal.progress("fetching", hidden=in_json) as bar,
                report.collected(bar.advance, silent=in_json, at_once=not sys.stderr.isatty(), keep=as_json) as told,
            ):
                watch = oversight.Onlooker(told, bar, log, told_of.begin)
                done = told_of.report = scraping.pages(settings, wish, clock, watch, stop)
    except CareerscapeError as error:
        if in_json:  # the log has it
            raise typer.Exit(error.exit_code) from error
        raise
    _end(context, done, told, as_json)


def _end(context: typer.Context, done: "Report", told: "report.Told", as_json: bool) -> NoReturn:
    """Say what a run did, and exit with its code."""
    told.say()
    with reading(context) as db:
        told.print_run(db, done, as_json)
    raise typer.Exit(done.exit_code)


@app.command()
def demo(
    context: typer.Context,
    as_json: Json = False,
    serve: Annotated[bool, typer.Option("--serve", help="Then show what was scraped in the browser.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="The port of --serve; 0 takes a free one.")] = 8001,
) -> None:
    """Scrape sixteen pages from this machine.

    They come with the program; a web server on this machine shows them for as long as it takes. Works without network, in a
    database of its own unless --db is given.
    """
    from scraper import report, terminal
    from scraper.demo import tour
    from scraper.operation import events, oversight

    raise_when_terminated()
    flags: Flags = context.obj
    settings = settings_of(context) if flags.db else tour.own_settings()
    with terminal.progress("scraping") as bar, report.collected(bar.advance, keep=as_json) as told:
        root, done = tour.scrape_bundled(settings, oversight.Onlooker(told, bar, events.Silent()))
    told.say()
    with reading_at(settings.db) as db:
        if not as_json:
            terminal.tell(f"Scraped {root}, a web server on this machine with {told.count} saved comparison pages.")
        told.print_run(db, done, as_json)
        if not as_json:
            terminal.tell("\nTwo jobs that no page compares:\n")
            print_sheet(db, (tour.LEFT, tour.RIGHT))
            if not serve:
                terminal.tell("\nIn the browser, with charts and the source of every number: careerscape demo --serve")
            terminal.tell(f"\n{tour.where_to_look(settings, flags.db is None)}")
    if serve and done.exit_code == 0:
        from scraper.cli.serving import pages

        if not as_json:
            terminal.tell("\nThe same in the browser, until Ctrl-C:")
        with tour.kept_up():
            pages(settings, "127.0.0.1", port, ("/", f"/compare/{tour.LEFT}/{tour.RIGHT}"))
    raise typer.Exit(done.exit_code)


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

    words, settings = tuple(arguments or ()), settings_of(context)
    command = typer.main.get_command(app)
    scraping = command.get_command(context, "scrape")  # type: ignore[attr-defined]
    with scraping.make_context("scrape", list(words), parent=context.parent) as asked:
        units.check(asked.params)
    terminal.tell(units.unit(kind, settings, words, units.this_program(), every).rstrip("\n"))
    if not settings.contact and not any(word.partition("=")[0] == "--contact" for word in words):
        terminal.say("careerscape: no contact is set, so that scrape will ask no host but this machine (--contact, docs/cli.md)")
