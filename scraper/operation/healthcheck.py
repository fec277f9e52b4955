"""The address that hears when a run starts and how it ended, so that somebody is told when no run comes."""

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

from scraper.terminal import say

DEADLINE_S = 5.0


def ping(
    url: str, event: int | str, run_id: UUID, deadline_s: float = DEADLINE_S, say: Callable[[str], None] = say
) -> None:  # fmt: skip
    """Ask for `url/start?rid=RUN_ID`, or `url/CODE?rid=RUN_ID` with the exit code. A failure is said, without the path that
    may be a secret; nothing is raised."""
    from scraper import version
    from scraper.addresses import Anywhere
    from scraper.http import Client

    where = f"careerscape: the health check at {urlsplit(url).netloc}"
    try:
        with Client(f"careerscape/{version.release()} (health check)", Anywhere()) as client:
            response = client.get(f"{url}/{event}?rid={run_id}", deadline_s)
    except Exception as error:  # noqa: BLE001 - a run does not end because nobody hears of it
        say(f"{where} was not told of the run ({type(error).__name__})")
        return
    if not 200 <= (response.status or 0) < 300:
        say(f"{where} was not told of the run ({response.outcome}{f': {response.detail}' if response.detail else ''})")
