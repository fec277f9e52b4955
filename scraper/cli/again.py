"""Commands that hold the database against the archive: read it again, make it anew, compare the two."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from normalize.errors import UsageError
from scraper.cli.base import Json, app, settings_of

if TYPE_CHECKING:
    from scraper.settings import Settings
    from scraper.shards.reading import Many

Workers = Annotated[int, typer.Option(min=1, max=64, metavar="N", help="So many processes read pages side by side.")]


@app.command()
def reparse(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference, change nothing.")] = False,
    field: Annotated[str | None, typer.Option(metavar="FIELD", help="Show the difference of one field alone.")] = None,
    workers: Workers = 1,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Let a Dask cluster read (tcp://HOST:8786), or processes of its kind here (local)."),
    ] = None,
    parts: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="With --dask: where its parts go, for all machines. [default: beside the database]"),
    ] = None,
    keep_parts: Annotated[
        bool, typer.Option("--keep-parts", help="With --dask: leave the parts, which DuckDB can query.")
    ] = False,
    shared_archive: Annotated[
        str | None,
        typer.Option(metavar="WHERE", help="With --dask: the archive as its machines see it, a folder or an fsspec address."),
    ] = None,
    shard_pages: Annotated[
        int, typer.Option(min=1, max=10_000, metavar="N", help="With --dask: so many pages are one task, and one part.")
    ] = 1_000,
    max_loss: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="Stop where a field would lose more of its values.")
    ] = 0.05,
    as_json: Json = False,
) -> None:
    """Read the archive again by today's code.

    Only pages that another version read are; all that is another counts at once. What a killed run had read is kept.
    """
    from datetime import UTC, datetime

    from db import queries
    from scraper import terminal
    from scraper.keeping import reparse as again
    from scraper.process import raise_when_terminated

    raise_when_terminated()
    only = queries.field_and_item(field)[0].name if field else ""
    settings = settings_of(context)
    many = _many(context, settings, dask, parts, keep_parts, shared_archive, shard_pages)
    with terminal.progress("reading again") as bar:
        do = again.predict if dry_run else again.reparse
        done = do(settings, lambda: datetime.now(UTC), workers, max_loss, bar, many)
    for line in done.differences.named():
        terminal.say(line)
    if as_json:
        terminal.print_json(done.to_dict(only))
    else:
        terminal.tell("\n".join(done.in_lines(only)))
    raise typer.Exit(done.exit_code)


def _many(
    context: typer.Context, settings: "Settings", address: str | None, folder: Path | None, keep: bool, archive: str | None,
    pages: int,
) -> "Many | None":  # fmt: skip
    """How to read on many machines, None where that is not asked for. Raises UsageError."""
    given = {name for name in context.params if str(context.get_parameter_source(name)).endswith("COMMANDLINE")}
    if address is None:
        if alone := given & {"parts", "keep_parts", "shared_archive", "shard_pages"}:
            raise UsageError(f"--{min(alone).replace('_', '-')} is for --dask ADDRESS")
        return None
    if "workers" in given and address != "local":
        raise UsageError("--workers is for this machine: of --dask ADDRESS its scheduler knows them (--dask local --workers N)")
    from scraper.shards import reading

    where = archive or str(settings.archive.resolve())
    beside = settings.db.with_name(f"{settings.db.name}.parts")
    hire = reading.of_dask(address, context.params["workers"] if "workers" in given else None)
    return reading.Many(hire, folder or beside, where, keep, pages)


@app.command()
def rebuild(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT.db", help="The database to make.", show_default=False)],
    workers: Workers = 1,
    as_json: Json = False,
) -> None:
    """Make a new database from the archive alone.

    What was held back, released or taught is so again. Pages that the archive has lost are named.
    """
    from datetime import UTC, datetime

    from scraper import terminal
    from scraper.keeping import rebuild as anew
    from scraper.process import raise_when_terminated

    raise_when_terminated()
    with terminal.progress("rebuilding") as bar:
        done = anew.rebuild(settings_of(context), out, lambda: datetime.now(UTC), workers, bar)
    for found in (*done.lost, *done.told):
        terminal.say(f"{found.severity}: {found.message}")
    if as_json:
        terminal.print_json(done.to_dict())
    else:
        terminal.tell(done.in_words())
    raise typer.Exit(done.exit_code)


@app.command()
def verify(context: typer.Context, workers: Workers = 1, as_json: Json = False) -> None:
    """Compare archive and database, byte by byte and value by value.

    Ends with 74 where they disagree. Nothing is changed.
    """
    from datetime import UTC, datetime

    from scraper import terminal
    from scraper.keeping import verify as audit
    from scraper.process import raise_when_terminated

    raise_when_terminated()
    with terminal.progress("verifying") as bar:
        done = audit.verify(settings_of(context), lambda: datetime.now(UTC), workers, bar)
    if as_json:
        terminal.print_json(done.to_dict())
    else:
        terminal.tell("\n".join(done.in_lines()))
    raise typer.Exit(done.exit_code)
