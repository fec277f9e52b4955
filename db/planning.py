"""What a plan is made of: the pages that may be fetched, with their state, and the occupations that are known."""

from dataclasses import dataclass

from sqlite_utils import Database

from normalize.fields import BY_NAME, SECTIONS, in_section

MOST_FIELDS = 2 * len(BY_NAME)
"""So many fields can be ok on a page: all of both sides."""

_UNUSABLE = "('removed', 'blocked', 'parked', 'rejected', 'moved')"


@dataclass(frozen=True, slots=True)
class Known:
    """A page that may be fetched; `captured_at` is that of its newest capture, empty without one, `fields` how many fields are
    ok on the newest published one, None without one; `due_at` is empty where it was never fetched, and `failed` says that the
    last attempt did."""

    url: str
    captured_at: str
    fields: int | None
    failed: bool
    due_at: str = ""


def pages(db: Database) -> list[Known]:
    """All pages but those that are known to be gone or moved, or to refuse, that were given up, or are no comparison."""
    filled = dict(db.execute(_FIELDS).fetchall())
    query = (
        "SELECT url, coalesce(captured_at, ''), state = 'failed', coalesce(due_at, '') "
        f"FROM page_status WHERE state NOT IN {_UNUSABLE} ORDER BY url"
    )
    return [Known(url, at, filled.get(url), bool(failed), due) for url, at, failed, due in db.execute(query).fetchall()]


def occupations(db: Database) -> list[str]:
    """The occupations that published captures show."""
    return [slug for (slug,) in db.execute("SELECT slug FROM occupation ORDER BY slug").fetchall()]


def _filled(section: str) -> str:
    """How many fields of a section are ok on one side `s`; a list counts where one of its items is."""
    if section == "skill":
        counts = (f"EXISTS (SELECT 1 FROM skill k WHERE k.skillset_id = s.skillset_id AND k.{what}_status = 0)"
                  for what in ("name", "pct"))  # fmt: skip
        return " + ".join(counts)
    columns = " + ".join(f"coalesce(x.{field.column}_status = 0, 0)" for field in in_section(section))
    counted = f"coalesce((SELECT {columns} FROM {section} x WHERE x.id = s.{section}_id), 0)"
    if section == "demographics":
        share = "(SELECT count(DISTINCT h.field_id) FROM share h WHERE h.demographics_id = s.demographics_id AND h.status = 0)"
        return f"{counted} + {share}"
    return counted


_FIELDS = (
    f"SELECT p.url, sum({' + '.join(map(_filled, SECTIONS))}) FROM page p JOIN page_capture c ON c.id = "
    "(SELECT id FROM page_capture n WHERE n.page_id = p.id AND n.published_reading_id IS NOT NULL "
    "ORDER BY n.captured_at DESC, n.capture_id DESC LIMIT 1) "
    "JOIN reading r ON r.id = c.published_reading_id JOIN sighting s ON s.content_id = r.content_id GROUP BY p.id"
)
