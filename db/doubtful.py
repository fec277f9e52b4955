"""Where an occupation's values in doubt stand, which never count."""

from sqlite_utils import Database

from db.views import LATEST_CAPTURE
from normalize.fields import FIELDS, Field

MOST = 8
_DOUBTFUL = "IN (2, 3)"


def newest(db: Database, slug: str, group: str, beside: tuple[str, str, str] = ("", "", "")) -> list[tuple[str, str]]:
    """The captures and sides that show suspect or unreadable values of a group of fields, the newest MOST first: of those that
    are the newest published capture of their page, and no older than another capture (its id, side and time) `beside` which
    they stand."""
    fields = [field for field in FIELDS if field.group == group]
    join, condition = _stored(fields)
    query = (
        "SELECT c.capture_id, CASE s.side WHEN 0 THEN 'left' ELSE 'right' END FROM job j JOIN sighting s ON s.job_id = j.id "
        f"{join} JOIN reading r ON r.content_id = s.content_id JOIN page_capture c ON c.id = r.page_capture_id "
        f"AND c.published_reading_id = r.id JOIN page p ON p.id = c.page_id WHERE j.slug = ? AND c.captured_at >= ? "
        "AND (c.capture_id, CASE s.side WHEN 0 THEN 'left' ELSE 'right' END) != (?, ?) "
        f"AND ({condition}) AND {LATEST_CAPTURE} ORDER BY c.captured_at DESC, p.url, s.side LIMIT {MOST}"
    )
    return [(capture_id, side) for capture_id, side in db.execute(query, [slug, beside[2], *beside[:2]])]


def _stored(fields: list[Field]) -> tuple[str, str]:
    """How the rows of a group are joined to the sighting `s`, and which of them are in doubt."""
    first = fields[0]
    if first.ranked:
        doubts = " OR ".join(f"k.{field.column}_status {_DOUBTFUL}" for field in fields)
        return "", f"EXISTS (SELECT 1 FROM skill k WHERE k.skillset_id = s.skillset_id AND ({doubts}))"
    join = f"JOIN {first.section} x ON x.id = s.{first.section}_id"
    if first.items:
        share = f"h.demographics_id = x.id AND h.field_id = {first.id} AND h.status {_DOUBTFUL}"
        return join, f"EXISTS (SELECT 1 FROM share h WHERE {share})"
    return join, " OR ".join(f"x.{field.column}_status {_DOUBTFUL}" for field in fields)
