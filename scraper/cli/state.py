"""Commands about the state of database, archive and queue."""

import typer

from normalize.errors import StorageError
from scraper.cli.base import Json, app, reading, settings_of


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show what is fresh, and the last runs."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from db import coverage, holds, hosts, queries, queue, requests
    from scraper import report, terminal
    from scraper.capture import stamp
    from scraper.keeping import rereading

    time = datetime.now(UTC)
    with reading(context) as db:
        now = stamp(time)
        counts, covered = queries.counts(db), coverage.coverage(db, time)
        runs = queries.newest_runs(db, 10)
        scraped = next((row["run_id"] for row in runs if row["command"] == "scrape"), 0)
        more = {"queue": queue.counts(db, now), "held": hosts.held(db, now), "parked": queue.parked(db, 100)}
        more |= {"requests": requests.outcomes(db, scraped), "held_runs": [asdict(run) for run in holds.waiting(db)]}
        more["releases"] = holds.released(db, 10)
        outdated = len(rereading.stale(db))
        lines = [
            report.coverage_line(counts, covered),
            report.outdated_line(outdated),
            *report.held_lines(db),
            *report.released_lines(db, 3),
            *report.queue_lines(db, now),
            report.requests_line(db, scraped),
        ]
    if as_json:
        terminal.print_json({**counts, "outdated_captures": outdated, "coverage": covered, **more, "runs": runs})
        return
    terminal.print_lines(lines[:1])
    terminal.print_parts(report.coverage_parts(covered))
    terminal.print_lines([*filter(None, lines[1:]), ""])
    terminal.print_columns("pages loaded by these runs, the oldest first", [row["loaded"] for row in reversed(runs)])
    cells = [report.run_cells(row) for row in runs]
    terminal.print_table(report.RUN_HEADS, cells, times=("started",), spare=report.spare_run_heads(runs))


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Check database, archive and machine."""
    from db.connection import is_there
    from scraper import doctor as ward
    from scraper import terminal

    settings = settings_of(context)
    if is_there(settings.db):
        with reading(context) as db:
            diagnosis = ward.diagnose(settings, db)
    else:
        diagnosis = ward.diagnose(settings, None)
    if as_json:
        terminal.print_json({**diagnosis.sections, "problems": list(diagnosis.problems)})
    else:
        for name, pairs in diagnosis.sections.items():
            terminal.print_pairs(name, list(pairs.items()))
        terminal.tell("\n".join(["", *diagnosis.problems]) if diagnosis.problems else "\nNo problem found.")
    raise typer.Exit(StorageError.exit_code if diagnosis.problems else 0)
