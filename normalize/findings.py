"""The closed list of findings: code, severity and the sentence that a person reads. `docs/findings.md` lists the same."""

from dataclasses import dataclass
from typing import Literal

from normalize.claims import Note, Side

Severity = Literal["info", "warning", "error"]

CODES: dict[str, tuple[Severity, str]] = {
    # pages without rows
    "no_url": ("error", "the page's address is not known: give --url, a sidecar or a canonical link"),
    "empty": ("error", "the file is empty"),
    "too_large": ("error", "the file is larger than a page may be"),
    "wrong_type": ("error", "the file is no HTML page and no text"),
    "unreadable_file": ("error", "the file could not be read"),
    "bad_sidecar": ("error", "the file that tells the page's address and time cannot be understood"),
    "bad_record": ("error", "a record of a WARC file is damaged or cannot be understood"),
    "bad_archive": ("error", "the WACZ file cannot be used"),
    "digest_differs": ("error", "what was stored is not what its digest says"),
    "no_original": ("error", "a record confirms a page that lies neither in the files of the import nor in the archive"),
    "bad_sitemap": ("error", "the sitemap cannot be read"),
    "fetch_failed": ("error", "the page could not be fetched"),
    "reader_fault": ("error", "the reader failed on the page; this is a fault of ours"),
    "unknown_url_shape": ("error", "no site file knows an address of this shape"),
    "no_comparison": ("error", "the page holds no table that compares the two jobs of its address"),
    "challenge": ("error", "a check for robots or a refusal stands in the place of the page"),
    "consent_wall": ("error", "a question for consent stands in the place of the page"),
    "login_wall": ("error", "the page is shown only after a login, a registration or a payment"),
    "soft_404": ("error", "the site says that it has no such page, though the status was 200"),
    "maintenance": ("error", "the site says that it is out of order, though the status was 200"),
    "other_jobs": ("error", "the page compares other jobs than its address says"),
    "too_hostile": ("error", "reading the page took more memory or time than a page may take"),
    # pages with rows, in part
    "cut_off": ("error", "the page ends before it is complete"),
    "unreadable_cell": ("error", "no grammar takes the cell"),
    "unlisted_share": ("error", "a share list has a label that the vocabulary does not list"),
    "ragged_row": ("error", "a row has another number of cells than its table"),
    "not_text": ("error", "a cell holds something that is shown, but is no text"),
    # values in doubt
    "witnesses_disagree": ("warning", "cells of the page that say the same thing differ"),
    "duplicate_skill": ("warning", "a skills list names a skill more than once"),
    "range_reversed": ("warning", "the lower end of a range is above its upper end"),
    "mean_outside_range": ("warning", "the mean lies outside the salary range"),
    "unlikely_range": ("warning", "the salary range has no width, or its upper end is more than ten times its lower end"),
    "hourly_differs": ("warning", "the hourly rate times 2080 is not the yearly salary"),
    "shares_sum": ("warning", "the shares do not sum to 100"),
    "lone_share": ("warning", "a list of shares has one share only; others may be lost"),
    "unlikely_name": ("warning", "the name is not what its label says, or more stands beside it"),
    "sides_identical": ("warning", "the two jobs have the very same figures, as if one column were copied"),
    "columns_crossed": ("warning", "each job has the figures that the rest of the page gives to the other"),
    "column_contradicted": ("warning", "cells of one column contradict the rest of the page; its other cells are in doubt too"),
    "rows_shifted": ("warning", "cells of one column fit the labels of the rows beside theirs; its other cells are in doubt too"),
    "rows_exchanged": ("warning", "the cell is no value of its own row, but would be one of a row that has none"),
    "out_of_range": ("warning", "the value is outside what the field can be"),
    "drawn_sign": ("warning", "a picture stands beside the figure and may be its sign"),
    "order_differs": ("warning", "the sentence calls a figure higher or lower than another, but it is not"),
    "experience_unit_unknown": ("warning", "the page does not show whether the years of experience are months"),
    "experience_differs": ("warning", "the experience is not the upper end of the time to become"),
    "mirror_differs": ("warning", "another page that compares the same two jobs says something else"),
    "unknown_heading": ("warning", "the value stands below words that may limit it to a part of the people"),
    # what nothing took
    "unknown_label": ("warning", "a table in scope has a row whose label no rule knows"),
    "unread_label": (
        "warning",
        "a row label that is known stands beside a figure, but belongs to no job and no table that is read",
    ),
    "unread_sentence": ("warning", "a sentence looks like one that is read, but no form takes it"),
    "unassigned_list": ("warning", "a list of skills with per cents belongs to neither of the two jobs, or to both"),
    "unmatched_column": ("warning", "a table with known row labels has only one of the two jobs, or not as columns"),
    "other_table": ("warning", "a table with known row labels names neither of the two jobs"),
    "undecodable_bytes": ("warning", "bytes that are not valid in the page's encoding were replaced"),
    # about a run
    "foreign_bytes": ("warning", "a file of the archive ends in bytes that are no record of ours; they stay there"),
    "foreign_file": ("info", "a WARC file in the folder of the archive is not ours; it is not read (import it)"),
    "lost_body": ("warning", "a record of the archive confirms a page whose body is not there"),
    "rules_applied": ("info", "pages were read again, as rules about what they show are new, others or gone"),
    "rules_waiting": ("warning", "pages that rules concern cannot be read again, their values are those of before"),
    "torn_record": ("info", "a record that a dead run left incomplete was cut off"),
    "passed_over": ("error", "addresses of a list are of no comparison page, or on a host that may not be asked"),
    "short_sitemap": ("warning", "not all of a sitemap could be used"),
    "parked": ("warning", "the page fails for good and is left alone until it is named again"),
    "circuit_open": ("warning", "the host fails or refuses too often and is left alone for the rest of the run"),
    "index_failed": ("error", "the index of a web archive could not be read to its end"),
    "index_rows": ("warning", "rows of the index of a web archive could not be understood"),
    "archive_blocked": ("error", "the web archive may not show the page"),
    "no_memento": ("error", "the web archive has no capture where its index names one"),
    "cut_by_archive": ("error", "the web archive holds only the beginning of the page"),
    "archived_otherwise": ("info", "captures that a web archive names are of no page of status 200, or of another page"),
    "digest_unchecked": ("info", "captures were taken in whose digest could not be checked, as their encoding was lost"),
    # for the record
    "forgotten": ("info", "the page is forgotten and is not taken in again"),
    "other_records": ("info", "records of a file are of no comparison page"),
    "converted": ("info", "the figure counts months and was converted to years"),
    "time_from_file": ("info", "the time of the capture is the file's own"),
    "ignored_label": ("info", "a row is ignored by name"),
    "ignored_table": ("info", "a table with words of ours is about neither of the two jobs"),
    "ignored_column": ("info", "a column of a comparison table belongs to neither job"),
    "ignored_item": ("info", "an item of a list is ignored by name"),
    "noarchive": ("info", "the page asks that no copy of it is shown: its bytes stay private"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One quality finding about a page, a side or a field."""

    code: str
    severity: Severity
    message: str
    side: Side | None = None
    field: str | None = None


def finding(code: str, detail: str = "", side: Side | None = None, field: str | None = None) -> Finding:
    """The finding `code` with its sentence, followed by the detail."""
    severity, sentence = CODES[code]
    storable = detail.encode("utf-8", "backslashreplace").decode()  # a file name may hold bytes that are no text
    return Finding(code, severity, f"{sentence}: {storable}" if detail else sentence, side, field)


def from_note(note: Note) -> Finding:
    """The finding that a note stands for."""
    return finding(note.code, note.detail, note.side, note.field)
