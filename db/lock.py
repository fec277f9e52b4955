"""One writer a database: an OS lock that ends with the process that holds it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from normalize.errors import Busy, ForeignDatabase, StorageError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the lock of the database at `path`. Raises Busy at once when another process holds it, StorageError
    where no lock can be made."""
    try:
        path = path.resolve()
        if not path.name or path.is_dir():
            raise ForeignDatabase(str(path), "it is a folder, not a database")
        if not path.parent.is_dir():
            raise StorageError(f"there is no folder {path.parent} for the database")
        file = path.with_name(path.name + ".lock").open("a")
    except (OSError, RuntimeError) as error:
        raise StorageError(f"{path}: it cannot be locked ({error})") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"another run is writing to {path}") from None
        yield
