"""Commands that ask what is known."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from scraper.explain import Explanation
    from scraper.inert import Copy

from scraper.cli.base import Json, Occupation, app, print_sheet, reading, settings_of


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
    from normalize.errors import UsageError
    from scraper import terminal

    with reading(context) as db:
        slugs = [queries.occupation(db, name) for name in names]
        if len(slugs) > len(set(slugs)):
            raise UsageError(f"{' and '.join(map(repr, names))} are one occupation, {slugs[0]}: name two to compare")
        if not as_json:
            print_sheet(db, slugs)
            return
        objects = [
            queries.latest(db, slug)
            | {"facts": queries.facts(db, slug), "conflicts": [*map(queries.unpacked, queries.conflicts(db, slug))]}
            for slug in slugs
        ]
    terminal.print_json(objects[0] if len(objects) == 1 else dict(zip(("left", "right"), objects, strict=True)))


@app.command()
def explain(
    context: typer.Context,
    occupation: Occupation,
    field: Annotated[str, typer.Argument(help="Such as salary.annual_mean_usd or race_pct.white.", show_default=False)],
    in_browser: Annotated[bool, typer.Option("--open", help="Show the archived page with the cell marked.")] = False,
    as_json: Json = False,
) -> None:
    """Show where a value came from."""
    from datetime import UTC, datetime

    from db import captures, queries
    from scraper import chain, taught, terminal
    from scraper.archive import Archive
    from scraper.explain import copy
    from scraper.explain import explain as explained_by
    from scraper.sandbox import Sandbox

    with reading(context) as db, taught.in_use(settings_of(context).archive):
        slug = queries.occupation(db, occupation)
        wanted, item = queries.field_and_item(field)
        archive = Archive(settings_of(context).archive, captures.known_files(db), datetime.now(UTC))
        with Sandbox() as sandbox:
            explained = explained_by(db, archive, sandbox.trace, slug, wanted, item)
            shown = copy(db, archive, sandbox.copy, explained[0]) if in_browser else None
        title = queries.latest(db, slug)["title"]
    path = _copy(explained[0], shown) if shown else None
    if as_json:
        for number, explanation in enumerate(explained):
            about = {"copy": str(path), "marked": shown.marked} if shown and number == 0 else {}
            terminal.print_json(explanation.to_dict() | about)
        return
    for words in chain.in_words(title, explained, archive.folder):
        terminal.print_pairs(*words)
    if shown and path:
        _open(path, shown.marked, len(explained))


def _copy(explanation: "Explanation", shown: "Copy") -> "Path":
    """The file that shows the page of a value."""
    from scraper import chain, opened

    return opened.write(opened.page(chain.place_words(explanation), shown))


def _open(path: "Path", marked: bool, values: int) -> None:
    """Show a file in the browser, where there is one, and say where it lies."""
    import os
    import sys

    from scraper import opened, terminal

    said = "marked" if marked else "not marked: these words are not to be found there again"
    if values > 1 and marked:
        said = f"marked for the first of {values} values; name an item for another"
    terminal.print_pairs("Archived page", [("copy", str(path)), ("the place is", said)])
    if not (opened.shows_windows(os.environ, sys.platform) and opened.show(path)):
        terminal.say("no browser was opened: there is no display, or no browser for it")


@app.command()
def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="Words of a title; all occupations without.", show_default=False)] = "",
    as_json: Json = False,
) -> None:
    """List occupations by title."""
    from db import queries
    from scraper import terminal

    with reading(context) as db:
        found = queries.search(db, text)
    if as_json:
        for row in found:
            terminal.print_json(row)
    elif found:
        terminal.print_table(("title", "slug"), [(row["title"], row["slug"]) for row in found])
    else:
        terminal.say(f"no occupation has {text!r} in its title")
