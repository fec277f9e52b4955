"""The command that plans a run."""

from typing import TYPE_CHECKING, Annotated

import typer

from scraper.cli.base import Json, app, reading

if TYPE_CHECKING:
    from normalize.cover import Chosen, Cover
    from scraper.planning import Plan


@app.command()
def plan(
    context: typer.Context,
    max_pages: Annotated[int | None, typer.Option(min=1, metavar="N", help="Plan no more pages.")] = None,
    as_json: Json = False,
) -> None:
    """Show the fewest pages that refresh every occupation.

    Of equal plans the one whose pages are fuller and older is shown. With fewer pages than that takes, those that refresh the
    most occupations. `scrape --plan` fetches them.
    """
    from datetime import UTC, datetime

    from normalize.wording import counted
    from scraper import planning, terminal

    with reading(context) as db:
        made = planning.plan(db, datetime.now(UTC), max_pages)
    if as_json:
        terminal.print_json(_object(made))
        return
    if made.cover.chosen:
        heads = ("page", "refreshes", "last captured", "fields", "why")
        terminal.print_table(heads, [_cells(made, page) for page in made.cover.chosen])
        terminal.tell("")
    terminal.tell("\n".join(_summary(made)))
    if made.elsewhere:
        count = counted(len(made.cover.chosen), "page")
        terminal.say(
            f"careerscape: {len(made.elsewhere):,} of {count} on hosts that no site file lists, such "
            f"as {made.elsewhere[0]}; scrape --plan uses such pages where --allow-host permits their host"
        )


def _object(made: "Plan") -> dict[str, object]:
    known, cover = made.known, made.cover
    pages = [
        {"url": page.pair.key, "left": page.pair.left, "right": page.pair.right,
         "captured_at": known[page.pair.key].captured_at or None, "fields": known[page.pair.key].fields,
         "refreshes": list(page.refreshes)}
        for page in cover.chosen
    ]  # fmt: skip
    return {
        "pages": pages, "occupations": cover.occupations, "refreshed": made.refreshed, "known_pages": len(known),
        "saved": made.saved, "fewest": cover.fewest, "lower_bound": cover.lower_bound, "exact": cover.exact,
        "uncovered": list(made.uncovered),
    }  # fmt: skip


def _cells(made: "Plan", page: "Chosen") -> tuple[str, ...]:
    known = made.known[page.pair.key]
    fields = "" if known.fields is None else str(known.fields)
    return page.pair.key, ", ".join(page.refreshes), known.captured_at[:10] or "never", fields, _why(page)


def _why(page: "Chosen") -> str:
    if page.only:
        return f"no other page shows {' or '.join(page.only)}"
    return "two at once" if len(page.refreshes) > 1 else "the best of its pages"


def _summary(made: "Plan") -> list[str]:
    from normalize.wording import counted

    cover, count = made.cover, len(made.cover.chosen)
    if not made.known:
        lines = ["Nothing to plan: no comparison page is known that may be fetched."]
    else:
        whole = count == cover.fewest
        of = f"all {counted(cover.occupations, 'occupation')}"
        if not whole:
            of = f"{made.refreshed:,} of {counted(cover.occupations, 'occupation')}"
        does = "refreshes" if count == 1 else "refresh"
        lines = [
            f"{counted(count, 'page')} {does} {of}; fetching all known pages would take {counted(len(made.known), 'request')}: "
            f"{made.saved:,} saved."
        ]
        lines += _quality(cover, whole)
    if made.uncovered:
        lines.append(f"No page that may be fetched shows {', '.join(made.uncovered)}.")
    return lines


def _quality(cover: "Cover", whole: bool) -> list[str]:
    """How good a plan is, where that is not plain."""
    from normalize.wording import counted

    gap = cover.fewest - cover.lower_bound
    least = f"no plan for all has fewer than {counted(cover.lower_bound, 'page')}"
    if not whole:
        lines = [f"To refresh all takes {counted(cover.fewest, 'page')}" + (f"; {least}." if gap else ".")]
        if not cover.exact and not gap:
            lines.append("No plan of so many pages refreshes more; others may have fuller or older pages.")
        return lines
    if gap:
        return [f"{least[0].upper()}{least[1:]}: this one has at most {gap:,} too many ({gap / cover.lower_bound:.1%})."]
    return (
        [] if cover.exact else ["No plan has fewer pages (the gap is 0); others of the same size may have fuller or older ones."]
    )
