"""What follows from the published captures and is stored: latest values, conflicts, history, findings about mirrors, codes."""

from collections.abc import Collection

from sqlite_utils import Database

from db import coding, conflicts, current, history, mirrors


def refresh(db: Database, job_ids: Collection[int]) -> None:
    """Recompute all that depends on the occupations whose published captures changed; the caller holds the transaction. What is
    shown for the first time is coded by the built-in lists and the user's rules in use."""
    mirrors.begin(db)
    for job_id in job_ids:
        seen = current.seen(db, job_id)
        shows = current.shown(db, seen)
        current.refresh(db, job_id, seen, shows)
        conflicts.refresh(db, job_id, seen)
        history.refresh(db, job_id, seen, shows)
        mirrors.note(db, job_id, {sight.page_id for sight in seen})
    mirrors.refresh(db, job_ids)
    coding.refresh(db, jobs=job_ids)
