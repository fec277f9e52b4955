"""The command line: each command parses, calls one function, prints, and chooses an exit code.

Imports stand inside the commands, so that `--help` is quick. The modules stand in the order of `careerscape --help`.
"""

import sys

from normalize.errors import CareerscapeError, StorageError
from scraper.cli.base import EVERYWHERE, app
from scraper.process import Terminated, prepare_streams

from scraper.cli import loading, past, planning, asking, over_time, serving, quality, again, state  # isort: skip
from scraper.cli import backup, exporting, forgetting, teaching  # isort: skip

__all__ = [
    "again",
    "app",
    "asking",
    "backup",
    "exporting",
    "forgetting",
    "loading",
    "main",
    "over_time",
    "past",
    "planning",
    "quality",
    "serving",
    "state",
    "teaching",
]


def main() -> None:
    """Run the command line; errors of ours become one line and their exit code."""
    prepare_streams()
    try:
        app(_options_first(sys.argv[1:]))
    except CareerscapeError as error:
        from scraper.terminal import say

        say(f"careerscape: {error}")
        sys.exit(error.exit_code)
    except OSError as error:
        from scraper.terminal import say

        say(f"careerscape: {error}")
        sys.exit(StorageError.exit_code)
    except Terminated:
        sys.exit(143)
    except KeyboardInterrupt:
        sys.exit(130)


def _options_first(arguments: list[str]) -> list[str]:
    """The options of every command before the command, wherever they were written."""
    first, rest, words = [], [], iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in EVERYWHERE:
            first += [word, *(value for value in (next(words, None),) if value is not None)]
        else:
            (first if word.partition("=")[0] in EVERYWHERE else rest).append(word)
    return [*first, *rest]
