"""The body of a page that the index knows, from the archive that holds it."""

from db.captures import Body, Record
from scraper.archive import Archive, Location


def read(archive: Archive, known: Body | Record) -> bytes:
    """The bytes as they were captured. Raises CorruptRecord where the archive does not hold what the index promises."""
    return archive.read(Location(known.warc_file, known.warc_offset, known.warc_length), known.sha256)
