"""Commands about what may be trusted, and what is held back."""

from typing import Annotated

import typer

from scraper.cli.base import Json, app, reading, settings_of


@app.command()
def check(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="List everything, however long.")] = False,
    as_json: Json = False,
) -> None:
    """Show what is held back, what pages disagree on, and every finding that stands.

    Ends with 4 while a run is held back. Nothing is changed.
    """
    from datetime import UTC, datetime

    from db import holds
    from scraper import gate, inspection, terminal
    from scraper.keeping import arrears

    now, band = datetime.now(UTC), settings_of(context).drift
    with reading(context) as db:
        for line in arrears.of_archive(db, settings_of(context).archive):
            terminal.say(line)
        held = bool(holds.waiting(db) or holds.held_reparse(db))
        for line in inspection.of_reparse(db):
            terminal.say(line)
        if as_json:
            for found in inspection.objects(db, now, band):
                terminal.print_json(found)
        else:
            terminal.tell("\n".join(inspection.lines(db, now, None if everything else inspection.MOST_LISTED, band)))
    raise typer.Exit(gate.EXIT_CODE if held else 0)


@app.command()
def publish(
    context: typer.Context,
    run: Annotated[
        int | None, typer.Argument(metavar="[RUN]", help="The held run; the newest without.", show_default=False)
    ] = None,
    force: Annotated[
        str | None, typer.Option(metavar="REASON", help="Publish without a check. Who and why is kept in the archive.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Publish a held run, after checking it again.

    Ends with 4 where it still is out of its band.
    """
    from datetime import UTC, datetime

    from db import queries
    from scraper import publishing, terminal
    from scraper.process import raise_when_terminated

    raise_when_terminated()
    done = publishing.publish_held(settings_of(context), run, force, lambda: datetime.now(UTC))
    with reading(context) as db:
        for found in queries.findings(db, done.run_id):
            terminal.say(found["message"])
    if as_json:
        terminal.print_json(done.to_dict())
    else:
        terminal.tell("\n".join(publishing.in_lines(done)))
    raise typer.Exit(done.exit_code)
