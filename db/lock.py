"""One writer a database: an OS lock that ends with the process that holds it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from normalize.errors import Busy, StorageError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the lock of the database at `path`. Raises Busy at once when another process holds it, StorageError
    where no lock can be made."""
    path = path.resolve()
    lock = path.with_name(path.name + ".lock")
    if not path.parent.is_dir():
        raise StorageError(f"there is no folder {path.parent} for the database")
    try:
        file = lock.open("a")
    except OSError as error:
        raise StorageError(f"{lock}: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"another run is writing to {path}") from None
        yield
