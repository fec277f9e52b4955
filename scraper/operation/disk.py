"""Room on disk: a run does not begin where it would soon have none."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from normalize.errors import StorageError
from scraper.settings import Settings

BYTES_A_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Room:
    """The free bytes of the file system of a folder, and those that are wanted there."""

    folder: Path
    free: int
    wanted: int

    @property
    def problem(self) -> str:
        """What is wrong, empty for nothing."""
        if self.free >= self.wanted:
            return ""
        return (
            f"{self.folder}: only {self.free / BYTES_A_MB:,.1f} MB ({self.free:,} bytes) are free, "
            f"{self.wanted / BYTES_A_MB:,.0f} MB ({self.wanted:,} bytes) are wanted (min_free_mb)"
        )


def rooms(settings: Settings) -> Iterator[Room]:
    """The room for the database and for the archive, once where both lie in one folder; what is not there yet counts as the
    nearest folder that is."""
    wanted = settings.min_free_mb * BYTES_A_MB
    targets = (Path(os.path.realpath(settings.db)).parent, Path(os.path.realpath(settings.archive)))
    for folder in dict.fromkeys(existing(target) for target in targets):
        yield Room(folder, shutil.disk_usage(folder).free, wanted)


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    whole = folder.absolute()
    return next(place for place in (whole, *whole.parents) if place.is_dir())


def refuse_when_full(settings: Settings) -> None:
    """Before a run. Raises StorageError where less is free than `min_free_mb` says."""
    for room in rooms(settings) if settings.min_free_mb else ():
        if room.problem:
            raise StorageError(room.problem)
