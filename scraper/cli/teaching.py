"""Commands that teach the vocabulary."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from normalize.rules import Kind
from scraper.cli.base import Json, app, reading, settings_of

if TYPE_CHECKING:
    from scraper.teaching import Lesson

vocab = typer.Typer(help="Load official vocabularies.", no_args_is_help=True, rich_markup_mode=None)
_MOST_SHOWN = 20


@app.command()
def unknown(context: typer.Context, as_json: Json = False) -> None:
    """List raw values that no vocabulary knows."""
    from db import unknown as inbox
    from scraper import taught, teaching, terminal

    archive = settings_of(context).archive
    with reading(context) as db, taught.in_use(archive) as rules:
        entries = inbox.inbox(db)
        reports = [*teaching.reports(db, rules)]
    for report in reports:
        terminal.say(report)
    if as_json:
        for entry in entries:
            terminal.print_json(asdict(entry) | {"suggestions": [s._asdict() for s in entry.suggestions]})
    elif entries:
        rows = [
            (
                e.kind,
                e.value,
                f"{e.count:,}",
                e.last_seen[:10],
                "; ".join(f"{s.code} {s.title}" for s in e.suggestions),
                e.example_url,
            )
            for e in entries
        ]
        terminal.print_table(("kind", "value", "seen", "last", "spelled most alike", "for example"), rows)
        terminal.say("teach one with: careerscape map VALUE CODE")
    else:
        terminal.say("nothing is unknown")


@app.command(name="map")
def map_(
    context: typer.Context,
    value: Annotated[str, typer.Argument(help="A value as pages show it.", show_default=False)],
    code: Annotated[str, typer.Argument(help="Its code, such as 52.03 or bachelor.", show_default=False)],
    kind: Annotated[Kind | None, typer.Option("--as", help="What it is, where several inboxes hold it.")] = None,
    as_json: Json = False,
) -> None:
    """Teach one value; only what depends on it is normalized again."""
    from datetime import UTC, datetime

    from scraper import teaching, terminal
    from scraper.process import raise_when_terminated

    raise_when_terminated()
    done = teaching.teach(settings_of(context), value, code, kind, lambda: datetime.now(UTC))
    if as_json:
        terminal.print_json(asdict(done))
    else:
        _tell_lesson(done)
    raise typer.Exit(done.exit_code)


@vocab.command()
def load(
    context: typer.Context,
    kind: Annotated[Literal["onet", "oews", "dmtf"], typer.Argument(help="Which official file it is.", show_default=False)],
    path: Annotated[Path, typer.Argument(help="Your copy of it: a file, or the folder of O*NET.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Load your copy of an official file of occupations."""
    from datetime import UTC, datetime

    from scraper import lists, terminal
    from scraper.process import raise_when_terminated

    raise_when_terminated()
    done = lists.load(settings_of(context), kind, path, lambda: datetime.now(UTC))
    if as_json:
        terminal.print_json(asdict(done))
        return
    release = f" {done.release}" if done.release else ""
    replaces = f", replaces {done.replaces}" if done.replaces else ""
    terminal.tell(f"{kind}{release}: {done.titles:,} titles, sha256 {done.sha256}{replaces}")
    turned = f"{done.gained:,} gained a code, {done.lost:,} lost theirs, {done.changed:,} have another"
    terminal.tell(f"{done.coded:,} of {done.occupations:,} occupations have a code, {done.ambiguous:,} are ambiguous; {turned}")
    for warning in done.warnings:
        terminal.say(f"warning: {warning}")


def _tell_lesson(done: "Lesson") -> None:
    from scraper import terminal

    for told in done.told:
        terminal.say(told)
    title = f" ({done.title})" if done.title and done.title != done.code else ""
    terminal.tell(f"{done.kind} {done.value!r} is {done.code}{title}")
    if not done.title:
        terminal.say(f"no title of {done.code} is known here: look up whether there is such a code")
    _tell_changes(done)
    for url in done.partial[:_MOST_SHOWN]:
        terminal.say(f"{url}: partial: not all of the page can be read (careerscape check)")
    if len(done.partial) > _MOST_SHOWN:
        terminal.say(f"and {len(done.partial) - _MOST_SHOWN:,} more pages that are partial")


def _tell_changes(done: "Lesson") -> None:
    from normalize.wording import counted
    from scraper import terminal

    again = f"; {counted(done.captures, 'capture')} read again" if done.captures else ""
    terminal.tell(f"{counted(len(done.changes), 'value')} changed{again}")
    for change in done.changes[:_MOST_SHOWN]:
        name = f"{change.field}{f' {change.item}' if change.item else ''}"
        terminal.tell(f"  {change.occupation}: {name} {change.old_value or 'none'} -> {change.new_value or 'none'}")
    if len(done.changes) > _MOST_SHOWN:
        terminal.say(f"and {len(done.changes) - _MOST_SHOWN:,} more")


app.add_typer(vocab, name="vocab")
