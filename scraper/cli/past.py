"""Commands that bring the past in."""

import sys
from typing import Annotated, Literal

import typer

from scraper.cli.base import Json, app, reading, settings_of
from scraper.process import raise_when_terminated


@app.command()
def backfill(
    context: typer.Context,
    archive: Annotated[Literal["wayback", "commoncrawl"], typer.Argument(help="The web archive to ask.", show_default=False)],
    pattern: Annotated[str, typer.Argument(metavar="URL-PATTERN", help="HOST/PATH, HOST/PATH* or *.HOST.", show_default=False)],
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="No captures before 2021, 2021-03 or 2021-03-04.")] = "",
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="No captures after it; the day, month or year counts.")] = "",
    max_captures: Annotated[int | None, typer.Option(min=1, metavar="N", help="Fetch no more captures in this run.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the index, show the plan, and fetch no capture.")] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="Permit a mirror (or HOST:PORT) that the configuration names; may be repeated."),
    ] = None,
    delay: Annotated[
        float | None,
        typer.Option(min=0, metavar="S", help="Seconds between two requests. [default: what archives ask for]"),
    ] = None,
    contact: Annotated[
        str | None, typer.Option(metavar="WHO", help="Where an archive's owner can reach you: a mail or web address.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Load past captures from a web archive.

    The index is read first, and a plan says how many captures there are and how long they will take. What is in the database is
    not fetched again; the same command goes on where it was stopped.
    """
    from dataclasses import asdict

    from scraper import report, terminal
    from scraper.backfill import pattern as patterns
    from scraper.backfill import plan as plans
    from scraper.backfill import work
    from scraper.operation import events, oversight
    from scraper.politeness import Clock
    from scraper.process import Stop

    raise_when_terminated()
    order = plans.Order(
        archive, patterns.pattern(pattern), *patterns.span(first, last), max_captures, dry_run, tuple(allow_host or ()), delay
    )

    def tell(made: plans.Plan) -> None:
        if not as_json:
            terminal.say("\n".join(plans.lines(made)))

    with (
        Stop() as stop,
        terminal.progress("fetching") as bar,
        report.collected(bar.advance, at_once=not sys.stderr.isatty(), keep=as_json) as told,
    ):
        watch = oversight.Onlooker(told, bar, events.Silent())
        done = work.backfilled(settings_of(context, contact=contact), order, Clock(sleep=stop.sleep), tell, watch, stop)
    told.say()
    if not as_json and (said := plans.ending(done.left, done.stopped)):
        terminal.say(said)
    with reading(context) as db:
        told.print_run(db, done.report, as_json, {"plan": asdict(done.plan), "left": done.left, "stopped": done.stopped or None})
    raise typer.Exit(done.report.exit_code)
