"""The door to Dask: workers on other machines, or processes of this one, as a crew that does shards."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from normalize.errors import StorageError, UsageError
from scraper.pool import Pool
from scraper.shards import gather, work
from scraper.shards.gather import Crew
from scraper.shards.ledger import Row
from scraper.shards.plan import Task

LOCAL = "local"
RETRIES = 2
"""So often a shard is tried again that failed."""

_DEATHS = 3
"""A shard that was with so many workers when they died, and one more, fails for good; a cluster of its own may say otherwise."""

_WAIT_S = 30
_MOST = 2_000
_ADDRESS = re.compile(r"(?:tcp|tls|wss?)://[^\s/]+:[0-9]{1,5}/?", re.ASCII)
_OWN = threading.local()


def available(address: str) -> None:
    """Raises UsageError for what is no address of a scheduler, and where Dask is not installed."""
    if address != LOCAL and not _ADDRESS.fullmatch(address):
        raise UsageError(f"--dask {address!r} is no scheduler: write tcp://HOST:PORT, or local")
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise UsageError("--dask needs Dask: pip install 'careerscape[dask]'") from error


@contextmanager
def crew(address: str, processes: int | None, rules: str, ours: tuple[str, str]) -> Iterator[Crew]:
    """The workers of a scheduler (`tcp://host:8786`), or so many processes of this machine (`local`; None: one for each core).
    `ours` are the parser and vocabulary by which all have to read. Raises UsageError, StorageError where nobody answers."""
    import distributed
    from dask import config

    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is said by what is raised here
    with ExitStack() as stack, config.set({"distributed.scheduler.allowed-failures": _DEATHS}):
        if address == LOCAL:
            address = stack.enter_context(_local(processes)).scheduler_address
        try:
            _refuse_unready(address)
            client = distributed.Client(address, timeout=_WAIT_S, set_as_default=False)  # type: ignore[no-untyped-call]
            stack.enter_context(client)
            client.wait_for_workers(1, timeout=_WAIT_S)
        except (TypeError, ValueError) as error:  # what the address needs and Dask was not told, as certificates
            raise UsageError(f"--dask {address}: Dask cannot connect as it is configured ({error})") from error
        except (OSError, TimeoutError) as error:
            raise StorageError(f"--dask {address}: no scheduler with workers answers there ({error})") from error
        for worker, told in client.run(work.versions, rules, on_error="return").items():
            if isinstance(told, Exception):
                raise UsageError(f"worker {worker} cannot read pages ({told}); there: pip install 'careerscape[dask]'")
            gather.refuse_other(told, ours, worker)
        threads = sum(client.nthreads().values())  # type: ignore[no-untyped-call]
        executor = client.get_executor(pure=False, retries=RETRIES)  # type: ignore[no-untyped-call]
        yield Crew(executor, work_on, min(_MOST, 2 * threads + 2))


def _refuse_unready(address: str) -> None:
    """Raises ValueError or TypeError, before a client is made that would wait for long to be closed, where no one can be."""
    from distributed.comm.addressing import get_address_host_port
    from distributed.security import Security

    get_address_host_port(address)
    if address.startswith("tls:") and Security().get_connection_args("client")["ssl_context"] is None:  # type: ignore[no-untyped-call]
        raise ValueError("tls needs certificates: distributed.comm.tls of its configuration names none")


def _local(processes: int | None) -> Any:
    import distributed

    return distributed.LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=processes, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=None,
        silence_logs=logging.ERROR,
    )  # fmt: skip


def work_on(task: Task) -> Row:
    """As `work.work`, by a reader that stays open for the next task of this thread."""
    words, pool = getattr(_OWN, "reader", ("", None))
    if pool is None or words != task.rules:
        _close(pool)
        pool = work.pool_for(task.rules).__enter__()
        _OWN.reader = task.rules, pool
    try:
        return work.work(task, pool)
    except BaseException:
        _close(pool)
        raise


def _close(pool: Pool | None) -> None:
    _OWN.reader = "", None
    if pool is not None:
        pool.__exit__(None, None, None)
