"""Commands that tell what was when, and what changed."""

from typing import Annotated

import typer

from scraper.cli.base import Json, Occupation, app, reading


@app.command()
def history(
    context: typer.Context,
    occupation: Occupation,
    field: Annotated[
        str | None, typer.Argument(metavar="[FIELD]", help="Such as salary.annual_mean_usd; all without.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the values of an occupation over time.

    A line is one unbroken stretch of one value: when it was seen first and last, and in how many captures.
    """
    from db import queries
    from scraper import terminal, timeline

    with reading(context) as db:
        slug = queries.occupation(db, occupation)
        wanted, item = queries.field_and_item(field) if field is not None else (None, "")
        found = queries.history(db, slug, wanted, item)
    if as_json:
        for row in found:
            terminal.print_json(row)
    elif found:
        if wanted:
            terminal.print_trends(f"{wanted.label} of {slug}", timeline.trends(found))
        cells = [timeline.stretch_cells(row) for row in found]
        terminal.print_table(timeline.STRETCH_HEADS, cells, times=timeline.TIMES, spare=timeline.spare_heads(found))
    else:
        terminal.say(f"no page says an undisputed value of {field or 'anything'} of {slug}")


@app.command()
def changes(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only what changed from a day or time on.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000_000, metavar="N", help="The newest so many.")] = 100,
    as_json: Json = False,
) -> None:
    """Show what changed, when, and why.

    The cause is the source (pages say something else), the parser (they are read otherwise) or the vocabulary (coded otherwise).
    """
    from db import queries
    from scraper import terminal, timeline

    start = timeline.moment(since) if since is not None else ""
    with reading(context) as db:
        found = queries.changes(db, start, limit + 1)
    more = len(found) > limit
    found = found[:limit]
    if as_json:
        for row in found:
            terminal.print_json(row)
        return
    if not found:
        terminal.say(f"nothing changed since {since}" if since else "nothing changed yet")
        return
    terminal.print_table(timeline.CHANGE_HEADS, [timeline.change_cells(row) for row in found], times=timeline.TIMES)
    if more:
        terminal.say(f"the newest {limit:,}; --limit shows more")
