"""The tour: serve, scrape, and what to look at afterwards."""

import shlex
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from normalize.errors import StorageError
from scraper import scrape
from scraper.demo.bundle import bundled
from scraper.demo.server import serving
from scraper.intake import Report
from scraper.politeness import Clock
from scraper.settings import Settings
from scraper.watch import Watch
from scraper.wishes import Wish

FOLDER = Path("careerscape-demo")
CONFIG = "careerscape.toml"
LEFT, RIGHT = "cashier", "tool-builder"
"""The pair that the demo shows: no page compares them."""


def own_settings() -> Settings:
    """The demo's own database and archive, in a folder below the current one, with a configuration file that names them.

    Raises StorageError where the folder cannot be made.
    """
    try:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / CONFIG).write_text('db = "careerscape.db"\narchive = "archive"\n', encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{FOLDER}: {error.strerror}; the demo needs a place for its database") from error
    return Settings(FOLDER / "careerscape.db", FOLDER / "archive")


def scrape_bundled(settings: Settings, watch: Watch) -> tuple[str, Report]:
    """Serve the bundled pages and scrape them; the answer is the address of the site that was, and the run."""
    pages = bundled()
    with serving(pages) as root:
        wish = Wish(tuple(root + path for path in pages), (root.removeprefix("http://"),), delay_s=0, refresh=True)
        return root, scrape.pages(settings, wish, Clock(), watch)


def kept_up() -> AbstractContextManager[str]:
    """The site again, so that the addresses of its pages lead somewhere."""
    return serving(bundled())


def where_to_look(settings: Settings, own: bool) -> str:
    """What to do next, as commands that work from the same folder."""
    command = shlex.quote(sys.argv[0]) if Path(sys.argv[0]).name == "careerscape" else "careerscape"
    if own:
        config = shlex.quote(str((FOLDER / CONFIG).absolute()))
        first = [f"export CAREERSCAPE_CONFIG={config}     # from now on this shell asks the demo's database"]
    else:
        db, archive = (shlex.quote(str(path.absolute())) for path in (settings.db, settings.archive))
        first = [f"export CAREERSCAPE_DB={db} CAREERSCAPE_ARCHIVE={archive}"]
    beside = Path(command).with_name("sqlite-utils") if "/" in command else "sqlite-utils"
    query = "SELECT title, salary_annual_mean_usd FROM occupation_latest ORDER BY 2 DESC LIMIT 5"
    lines = [
        *first,
        f"{command} search clerk",
        f"{command} show 'software engineer'",
        f"{command} explain {RIGHT} annual_mean_usd     # where a number came from",
        f"{command} status",
        f'{beside} query {settings.db} "{query}" --table',
    ]
    return "Where to look next:\n" + "\n".join(f"  {line}" for line in lines)
