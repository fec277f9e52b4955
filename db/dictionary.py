"""The data dictionary: every column of every public view, described."""

from collections.abc import Mapping

from sqlite_utils import Database

from db.columns import VIEWS, Column, Type
from db.views import wide_columns
from normalize.fields import Kind

__all__ = ["VIEWS", "Column", "columns", "fill"]

_URL = "Address of the page: canonical and, after redirects, final"
_AT = "When the page was captured, UTC; capture.time_source says how that is known"
_ID = "Digest of address, time and body: the same in any database"
_PAGE, _OURS = "the page", "careerscape"
_KINDS: Mapping[Kind, Type] = {"integer": "integer", "real": "number", "text": "text"}

_OBSERVATION = (
    Column("url", _URL, None, _PAGE),
    Column("captured_at", _AT, "ISO 8601", _PAGE, "moment"),
    Column("side", "left is the job named first in the address, right the other", None, _PAGE, key=True),
    Column("occupation", "Slug of the occupation, as in the address", None, _PAGE, refers="occupation.slug"),
    Column("field", "section.name of the field", None, _OURS, key=True),
    Column("item", "Item of a share list, or rank of a skill; empty where the field has one value", None, _PAGE, key=True),
    Column("value", "The value as integer, real or text; NULL when missing or unreadable", "see unit", _PAGE, "mixed", True),
    Column("value_number", "The value where it is a number", "see unit", _PAGE, "number", True),
    Column("value_text", "The value where it is text", None, _PAGE, nullable=True),
    Column("unit", "Unit of the value", None, _OURS, nullable=True),
    Column("status", "ok, missing, suspect or unreadable", None, _OURS),
    Column("raw", "The whole cell, or the words of the sentence, verbatim", None, _PAGE, nullable=True),
    Column("section", "Where it stands: overview, salary, education, demographics, skills or intro", None, _PAGE, nullable=True),
    Column("capture_id", _ID, None, _OURS, key=True, refers="capture.capture_id"),
)

_VIEWS: dict[str, tuple[Column, ...]] = {
    "observation": _OBSERVATION,
    "observation_latest": _OBSERVATION,
    "occupation": (
        Column("slug", "Slug of the occupation, as in the page's address", None, _PAGE, key=True),
        Column("title", "Title in the header of the newest page's tables", None, _PAGE),
        Column("soc_code", "SOC 2018 code", "SOC 2018", _OURS, nullable=True),
        Column("soc_title", "Title of the SOC code", None, _OURS, nullable=True),
        Column("soc_method", "How the code was found", None, _OURS, nullable=True),
        Column("soc_score", "How sure the code is, 0 to 1", None, _OURS, "number", True),
        Column(
            "soc_reason",
            "Why there is no code: ambiguous (several fit) or unknown; NULL where there is one",
            None,
            _OURS,
            nullable=True,
        ),
        Column(
            "soc_candidates",
            "The best codes that were not taken, as JSON: a list of code, title and score",
            None,
            _OURS,
            "json",
            True,
        ),
    ),
    "occupation_latest": (
        Column("slug", "Slug of the occupation, as in the page's address", None, _PAGE, key=True, refers="occupation.slug"),
        Column("title", "Title in the header of the newest page's tables", None, _PAGE),
        Column("soc_code", "SOC 2018 code", "SOC 2018", _OURS, nullable=True),
        Column("as_of", "Time of the oldest capture that a value of this row comes from, UTC", "ISO 8601", _PAGE, "moment", True),
        Column("captures", "Number of published captures that show the occupation", "count", _OURS, "integer"),
        *(
            Column(
                name, f"{field.description}: {item}" if item else field.description, field.unit, _PAGE, _KINDS[field.kind], True
            )
            for name, field, item in wide_columns()
        ),
        Column("best_city_state", "State of the best paying city, where it is known", "USPS", _OURS, nullable=True),
        Column(
            "best_city_geonameid",
            "GeoNames id of the best paying city; NULL where it is unknown or ambiguous",
            "GeoNames",
            _OURS,
            nullable=True,
        ),
        Column("best_state_usps", "Code of the best paying state", "USPS", _OURS, nullable=True),
        Column("best_company_name", "Name of the best paying company without its legal form", None, _OURS, nullable=True),
        Column(
            "best_industry_naics",
            "Sector of the best paying industry; NULL where it is unknown or ambiguous",
            "NAICS 2022",
            _OURS,
            nullable=True,
        ),
        Column(
            "major_cip",
            "Code of the major, as broad as its word; NULL where it is unknown or ambiguous",
            "CIP 2020",
            _OURS,
            nullable=True,
        ),
        Column("degree_isced", "Level of the degree; NULL where it has none", "ISCED 2011", _OURS, nullable=True),
    ),
    "comparison": (
        Column("url", _URL, None, _PAGE),
        Column("captured_at", _AT, "ISO 8601", _PAGE, "moment"),
        Column("left", "Slug of the job named first in the address; NULL when rejected", None, _PAGE, nullable=True),
        Column("left_title", "Its title in the table header", None, _PAGE, nullable=True),
        Column("right", "Slug of the other job; NULL when rejected", None, _PAGE, nullable=True),
        Column("right_title", "Its title in the table header", None, _PAGE, nullable=True),
        Column("outcome", "complete, partial (rows and an error) or rejected (no rows)", None, _OURS, nullable=True),
        Column("published", "1 when its rows count in the views of published data", None, _OURS, "flag"),
        Column("findings", "Number of findings of the newest parse", "count", _OURS, "integer"),
    ),
    "finding": (
        Column("run_id", "The run that made the finding", None, _OURS, "integer", refers="run.run_id"),
        Column(
            "capture_id",
            f"{_ID}; NULL when the page never became a capture",
            None,
            _OURS,
            nullable=True,
            refers="capture.capture_id",
        ),
        Column("url", f"{_URL}; NULL without a capture", None, _PAGE, nullable=True),
        Column("captured_at", f"{_AT}; NULL without a capture", "ISO 8601", _PAGE, "moment", True),
        Column("side", "left or right, NULL when the whole page is meant", None, _OURS, nullable=True),
        Column("field", "The field concerned, if it is one", None, _OURS, nullable=True),
        Column("code", "Code of the finding, see docs/findings.md", None, _OURS),
        Column("severity", "info, warning or error; only an error makes a page partial", None, _OURS),
        Column("message", "What was found, in words", None, _OURS),
    ),
    "every_finding": (
        Column("reading_id", "The reading that found it; NULL for what concerns a run", None, _OURS, "integer", True),
        Column("run_id", "The run of the reading", None, _OURS, "integer"),
        Column("number", "Order of the findings of a reading", None, _OURS, "integer"),
        Column("side", "0 for left, 1 for right, NULL when the whole page is meant", None, _OURS, "integer", True),
        Column("field_id", "The field concerned, if it is one", None, _OURS, "integer", True),
        Column("code", "Code of the finding, see docs/findings.md", None, _OURS),
        Column("severity", "info, warning or error", None, _OURS),
        Column("message", "What was found, in words; `finding` is the view for questions", None, _OURS),
    ),
    "capture": (
        Column("capture_id", _ID, None, _OURS, key=True),
        Column("url", _URL, None, _PAGE),
        Column("captured_at", _AT, "ISO 8601", _PAGE, "moment"),
        Column("fetched_at", "When the bytes came to the archive, UTC", "ISO 8601", _OURS, "moment"),
        Column("origin", "live, file, warc, wayback or commoncrawl", None, _OURS),
        Column("status", "HTTP status, NULL without HTTP", None, _PAGE, "integer", True),
        Column("sha256", "Digest of the decoded body", "hexadecimal", _OURS),
        Column("outcome", "Outcome of the newest parse", None, _OURS, nullable=True),
        Column("published", "1 when its rows count in the views of published data", None, _OURS, "flag"),
        Column("warc_file", "File of the archive folder that holds the record", None, _OURS),
        Column("warc_offset", "Where the record begins in it", "bytes", _OURS, "integer"),
        Column("warc_length", "Length of the record, compressed", "bytes", _OURS, "integer"),
        Column("time_source", "How captured_at was found: sidecar, file (the file's own time), warc or http", None, _OURS),
        Column(
            "noarchive", "1 when the site asks that no copy is shown: the bytes are never served or exported", None, _PAGE, "flag"
        ),
    ),
    "run": (
        Column("run_id", "Number of the run", None, _OURS, "integer", key=True),
        Column("command", "The command that was run", None, _OURS),
        Column("started_at", "When it began, UTC", "ISO 8601", _OURS, "moment"),
        Column("finished_at", "When it ended, UTC; NULL while it works", "ISO 8601", _OURS, "moment", True),
        Column("outcome", "done, partial, held, interrupted or failed", None, _OURS, nullable=True),
        Column("exit_code", "What the command line ended with", None, _OURS, "integer", True),
        Column("pages", "Pages in all: loaded + unchanged + rejected + failed", "count", _OURS, "integer"),
        Column("loaded", "Pages with new facts", "count", _OURS, "integer"),
        Column("unchanged", "Pages with the same facts as their previous capture", "count", _OURS, "integer"),
        Column("rejected", "Pages that gave no rows", "count", _OURS, "integer"),
        Column("failed", "Pages that could not be had", "count", _OURS, "integer"),
    ),
    "conflict": (
        Column("occupation", "Slug of the occupation on which pages disagree", None, _PAGE, key=True, refers="occupation.slug"),
        Column("field", "The fact on which they disagree: section.name of the field", None, _OURS, key=True),
        Column("item", "Item of a share list, or rank of a skill; empty where the field has one value", None, _PAGE, key=True),
        Column("captured_at", "From when on they disagree in this way, UTC", "ISO 8601", _PAGE, "moment", key=True),
        Column("value_count", "How many different values there are", "count", _OURS, "integer"),
        Column("support", "JSON object: each value with the number of pages that say it", None, _OURS, "json"),
        Column("example_urls", "JSON array: for each value the first address that says it", None, _PAGE, "json"),
        Column(
            "stands",
            "1 while it is the newest that is known of the fact: then occupation_latest has no value",
            None,
            _OURS,
            "flag",
        ),
    ),
    "history": (
        Column("occupation", "Slug of the occupation", None, _PAGE, key=True, refers="occupation.slug"),
        Column("field", "section.name of the field", None, _OURS, key=True),
        Column("item", "Item of a share list, or rank of a skill; empty where the field has one value", None, _PAGE, key=True),
        Column("value", "A value that pages showed without a break, as integer, real or text", "see unit", _PAGE, "mixed"),
        Column("first_seen", "When the first capture of the stretch was made, UTC", "ISO 8601", _PAGE, "moment", key=True),
        Column("last_seen", "When the last one was made, UTC", "ISO 8601", _PAGE, "moment"),
        Column("captures", "Number of published captures of the stretch that show the value", "count", _OURS, "integer"),
        Column("unit", "Unit of the value", None, _OURS, nullable=True),
    ),
    "change": (
        Column("occupation", "Slug of the occupation", None, _PAGE),
        Column("field", "section.name of the field, or name of a code (best_industry_naics, soc_code)", None, _OURS),
        Column("item", "Item of a share list, or rank of a skill; empty where the field has one value", None, _PAGE),
        Column("old_value", "What it was before; NULL where there was none", "see unit", _PAGE, "mixed", True),
        Column("old_status", "ok, missing, or removed: it was not given", None, _OURS, nullable=True),
        Column("new_value", "What it is from then on; NULL where there is none", "see unit", _PAGE, "mixed", True),
        Column("new_status", "ok, missing, or removed: it is not given any more", None, _OURS, nullable=True),
        Column(
            "changed_at",
            "Time of the capture that shows it first, or when another parser or vocabulary was applied, UTC",
            "ISO 8601",
            _OURS,
            "moment",
        ),
        Column("cause", "source (the page says it), parser (we read it better), vocabulary (we code it otherwise)", None, _OURS),
        Column("url", "The first page that shows it; NULL for a code", None, _PAGE, nullable=True),
        Column(
            "run_id",
            "The run that applied it; NULL for a change at the source",
            None,
            _OURS,
            "integer",
            True,
            refers="run.run_id",
        ),
    ),
    "page_status": (
        Column("url", "Canonical address of the page", None, _PAGE, key=True),
        Column(
            "state",
            "captured, removed, moved (it leads to another page), blocked, failed, parked, rejected (gave no rows), queued",
            None,
            _OURS,
        ),
        Column(
            "outcome",
            "How the last attempt at it ended, from the closed list of docs/fetching.md; NULL for none",
            None,
            _OURS,
            nullable=True,
        ),
        Column("detail", "What is known of that ending, in words", None, _OURS, nullable=True),
        Column("attempted_at", "When that was, UTC", "ISO 8601", _OURS, "moment", True),
        Column("due_at", "When it is due again, UTC; NULL where it was only imported", "ISO 8601", _OURS, "moment", True),
        Column("captured_at", "Time of its newest capture that gave rows, UTC", "ISO 8601", _PAGE, "moment", True),
    ),
    "request": (
        Column("url", "Address that was asked for, as it was sent; robots.txt and sitemaps included", None, _OURS),
        Column("requested_at", "When, UTC", "ISO 8601", _OURS, "moment"),
        Column("outcome", "How it ended, from the closed list of docs/fetching.md", None, _OURS),
        Column("http_status", "HTTP status; NULL where no answer came, or none was asked for", None, _PAGE, "integer", True),
        Column("bytes", "Bytes of the body as they came", "bytes", _PAGE, "integer"),
        Column(
            "delay_s",
            "The pause in force before it, from the end of the last response; NULL where nothing was asked for",
            "s",
            _OURS,
            "number",
            True,
        ),
        Column(
            "delay_reason",
            "Who asks for the pause: a site file, --delay, Crawl-delay, Retry-After, latency, errors or default",
            None,
            _OURS,
            nullable=True,
        ),
        Column(
            "robots_rule",
            "What robots.txt says of the address: the line that decides, or why there is none",
            None,
            _PAGE,
            nullable=True,
        ),
        Column("run_id", "The run that asked", None, _OURS, "integer", refers="run.run_id"),
        Column("page", "Address of the page in the queue for which it was asked; NULL for a sitemap", None, _OURS, nullable=True),
        Column("elapsed_ms", "From the start of the connection to the end of the body", "ms", _OURS, "integer", True),
        Column("address", "IP address that was connected to; empty where none was", None, _OURS, nullable=True),
        Column("detail", "What is known of the ending, in words", None, _OURS),
        Column(
            "request_id", "Number of the request, in the order in which they were written down", None, _OURS, "integer", key=True
        ),
    ),
}


def columns(view: str) -> tuple[Column, ...]:
    """The columns of a view, in its order."""
    return _VIEWS[view]


def fill(db: Database) -> None:
    """Write the dictionary anew."""
    db.conn.execute("DELETE FROM data_dictionary")
    db.conn.executemany(
        'INSERT INTO data_dictionary ("view", "column", description, unit, source) VALUES (?, ?, ?, ?, ?)',
        [(view, c.name, c.description, c.unit, c.source) for view, rows in _VIEWS.items() for c in rows],
    )
