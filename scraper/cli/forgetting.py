"""The command that takes a page out for good."""

from typing import Annotated

import typer

from scraper.cli.base import Json, app, settings_of


@app.command()
def forget(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="The address of the page.", metavar="URL", show_default=False)],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept, and may not name the page.")] = "",
    as_json: Json = False,
) -> None:
    """Take out a page, its captures and what only it said, for good.

    A tombstone keeps it from coming back. Killed halfway, the same command ends what was begun. Backups are yours to delete.
    """
    from datetime import UTC, datetime

    from scraper import terminal
    from scraper.keeping import forgetting
    from scraper.process import raise_when_terminated

    raise_when_terminated()
    done = forgetting.forgotten(settings_of(context), url, reason, lambda: datetime.now(UTC))
    for place in done.damaged:
        terminal.say(f"not readable, so nobody can tell whether it was of the page: {place}")
    if as_json:
        terminal.print_json(done.to_dict())
    else:
        terminal.tell("\n".join(done.in_lines()))
    raise typer.Exit(done.exit_code)
