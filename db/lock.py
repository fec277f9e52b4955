"""One writer a database: an OS lock that ends with the process that holds it."""

import errno
import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

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
    with _locked(file, path):
        yield


@contextmanager
def writing_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of an archive folder, which lies beside it: two databases may share an archive, but not at the same time.
    Raises Busy, StorageError."""
    try:
        path = folder.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.with_name(path.name + ".lock").open("a")
    except (OSError, RuntimeError) as error:
        raise StorageError(f"{folder}: the archive cannot be locked ({error})") from error
    with _locked(file, folder):
        yield


@contextmanager
def still(*paths: Path) -> Iterator[None]:
    """Hold the locks of databases or folders, so that nobody writes to them while they are read; where no lock can be made as
    nothing can be written, none is needed. Raises Busy, StorageError."""
    with ExitStack() as held:
        for path in dict.fromkeys(path.resolve() for path in paths):
            try:
                file = path.with_name(path.name + ".lock").open("a")
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOENT):
                    continue
                raise StorageError(f"{path}: it cannot be locked ({error})") from error
            held.enter_context(_locked(file, path))
        yield


@contextmanager
def _locked(file: IO[str], what: Path) -> Iterator[None]:
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another run is writing to {what}") from None
        except OSError as error:
            raise StorageError(f"{what}: it cannot be locked ({error})") from error
        yield
