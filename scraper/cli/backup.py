"""The command that copies the database."""

from pathlib import Path
from typing import Annotated

import typer

from normalize.errors import StorageError
from scraper.cli.base import Json, app, settings_of


@app.command()
def backup(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="The file that the copy goes to.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Replace an older copy.")] = False,
    as_json: Json = False,
) -> None:
    """Copy the database, while others work.

    The copy is whole and checked, or is not made. Copy the archive folder after it: its files only grow.
    """
    from dataclasses import asdict

    from normalize.wording import counted
    from scraper import terminal
    from scraper.keeping import backup as copies

    made = copies.make(settings_of(context), path, force)
    if as_json:
        terminal.print_json({**asdict(made), "problems": list(made.problems)})
    else:
        newest = f", the newest of {made.newest_capture_at}" if made.newest_capture_at else ""
        terminal.tell(
            f"{made.path}: {made.bytes:,} bytes, {counted(made.captures, 'capture')} of {counted(made.pages, 'page')}{newest}"
        )
        files = counted(made.archive_files, "file")
        terminal.tell(
            f"The pages themselves are in {made.archive}: {files}, {made.archive_bytes:,} bytes; copy that folder too, now."
        )
        for problem in made.problems:
            terminal.say(f"the archive lacks what the copy speaks of: {problem}")
    raise typer.Exit(StorageError.exit_code if made.problems else 0)
