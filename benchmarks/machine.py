"""What was measured where: the date, the machine, and the versions of all that takes part."""

import os
import platform
import re
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scraper import version as own

PACKAGES = ("selectolax", "fastwarc", "sqlite-utils", "distributed", "pyarrow",
            "scrapy", "parsel", "lxml", "requests", "beautifulsoup4", "pandas")  # fmt: skip


def about() -> dict[str, str]:
    """Each thing with its version or description; packages that are not installed are left out."""
    found = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {_memory_gb():.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "careerscape": own.parser(),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
    }
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def in_words(found: dict[str, str]) -> str:
    """In a sentence."""
    date, machine, system, *versions = (value if at < 3 else f"{name} {value}" for at, (name, value) in enumerate(found.items()))
    return f"{date}, {machine}, {system}; {', '.join(versions)}"


def _processor() -> str:
    named = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return named[1].strip() if named else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
