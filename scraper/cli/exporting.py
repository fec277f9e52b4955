"""The command that writes files for other programs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from scraper.cli.base import Json, app, settings_of


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make, or an older export.", show_default=False)],
    form: Annotated[
        Literal["parquet", "csv", "json", "site"],
        typer.Option("--format", help="Files of all views, or the pages as a static site.", show_default=False),
    ],
    as_json: Json = False,
) -> None:
    """Write all that is public as files, while others work.

    Each view is a file, and datapackage.json says what its columns are. The same data gives the same bytes. An older export is
    replaced once the new one is whole; a folder that holds anything else is left alone.
    """
    from scraper import exporting, terminal
    from scraper.process import raise_when_terminated

    raise_when_terminated()
    with terminal.progress("exporting") as bar:
        done = exporting.export(settings_of(context), folder, form, bar)
    if as_json:
        terminal.print_json(done.to_dict())
        return
    if done.files:
        rows = [(file.path, f"{file.rows:,}" if file.rows is not None else "", f"{file.bytes:,}") for file in done.files]
        terminal.print_table(("file", "rows", "bytes"), rows)
    terminal.tell(f"{done.folder}: {done.count:,} files, {done.bytes:,} bytes")
