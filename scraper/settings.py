"""Where database and archive are, who asks, and how a run is watched: flag, then environment, then configuration file, then
default."""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from normalize.bands import Band
from normalize.errors import ConfigError
from normalize.fields import BY_NAME

DEFAULTS = {"db": "careerscape.db", "archive": "archive", "config": "careerscape.toml"}
PREFIX = "CAREERSCAPE_"
MOST_DAYS = 36_500
MOST_MB = 1_000_000_000
MOST_PAGES = 1_000_000
_TABLE = "drift"
_ARCHIVES = "backfill"
_CONTACT = re.compile(r"\S+@\S+|https?://\S+")
_WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the web archives are that `backfill` asks, without a slash at the end; other ones are mirrors."""

    wayback_url: str = "https://web.archive.org"
    commoncrawl_index: str = "https://index.commoncrawl.org"
    commoncrawl_data: str = "https://data.commoncrawl.org"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told beside its command.

    `contact` is where the owner of a site can reach the person who runs it, `healthcheck` the address that hears of each run;
    both empty where not said. Free space is in units of 1,000,000 bytes, 0 for no limit. `config` is the file that was read,
    `drift` its table of that name: when a run is held back; `backfill` another: where web archives are. The record of requests is
    kept for `keep_requests_days`, 0 for ever.
    """

    db: Path
    archive: Path
    contact: str = ""
    metrics: Path | None = None
    healthcheck: str = ""
    min_free_mb: int = 200
    full_fetch_days: int = 30
    revisit_min_days: float = 1.0
    revisit_max_days: float = 60.0
    config: Path | None = None
    drift: Band = field(default_factory=Band)
    backfill: Endpoints = field(default_factory=Endpoints)
    keep_requests_days: int = 90


def resolve(flags: Mapping[str, str | None], environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that flags (`db`, `archive`, `config`, `contact`, ...) and the environment (`CAREERSCAPE_DB`, ...) give.

    Raises ConfigError for a configuration file that is missing although it was named, or that cannot be understood, and for a
    setting that says what cannot be.
    """
    named = {key: flags.get(key) or environment.get(PREFIX + key.upper()) for key in ("config", *_KINDS)}
    path = Path(named["config"] or DEFAULTS["config"])
    read = bool(named["config"]) or path.is_file()
    configured = _load(path) if read else {}
    given: dict[str, Any] = {"db": Path(DEFAULTS["db"]), "archive": Path(DEFAULTS["archive"])} | configured
    origins = {key: f"{path}: {key}" for key in configured}
    for key, text in ((key, text) for key, text in named.items() if text and key != "config"):
        origins[key] = f"--{key.replace('_', '-')}" if flags.get(key) else PREFIX + key.upper()
        given[key] = _understood(origins[key], _KINDS[key].of_text, text)
    settings = Settings(**given, config=path if read else None)
    if settings.revisit_min_days > settings.revisit_max_days:
        least, most = (origins.get(key, f"{key} as it is by default") for key in ("revisit_min_days", "revisit_max_days"))
        raise ConfigError(f"{least} is {settings.revisit_min_days:g} days, more than {most} ({settings.revisit_max_days:g} days)")
    return settings


def apart_from_file(settings: Settings) -> dict[str, str]:
    """The environment that gives these settings to a program that is told `db`, `archive` and `config`: what flags and
    environment said, and the file does not."""
    config = settings.config
    alone = resolve({"config": str(config)}, {}) if config else Settings(settings.db, settings.archive)
    return {
        PREFIX + key.upper(): _written(value)
        for key in _CARRIED
        if (value := getattr(settings, key)) != getattr(alone, key) and value is not None
    }


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{Decimal(repr(value)).normalize():f}"
    return str(value.absolute() if isinstance(value, Path) else value)


def _load(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ConfigError(f"{path}: {why} (--config, CAREERSCAPE_CONFIG or the current folder names it)") from error
    table, archives = values.pop(_TABLE, {}), values.pop(_ARCHIVES, {})
    if unknown := values.keys() - _KINDS:
        raise ConfigError(f"{path}: no such setting: {', '.join(sorted(unknown))}")
    found = {key: _understood(f"{path}: {key}", _KINDS[key].of_toml, value) for key, value in values.items()}
    said = {key: value for key, value in found.items() if value is not None}
    paths = {key: path.parent / value if isinstance(value, Path) else value for key, value in said.items()}
    return paths | {_TABLE: _drift(f"{path}: {_TABLE}", table), _ARCHIVES: _endpoints(f"{path}: {_ARCHIVES}", archives)}


def _drift(where: str, table: object) -> Band:
    if not isinstance(table, dict):
        raise ConfigError(f"{where} must be a table ([{_TABLE}])")
    if unknown := table.keys() - _DRIFT:
        raise ConfigError(f"{where}: no such setting: {', '.join(sorted(unknown))}")
    given: dict[str, Any] = {key: _understood(f"{where}.{key}", _DRIFT[key], value) for key, value in table.items()}
    return Band(**given)


def _endpoints(where: str, table: object) -> Endpoints:
    if not isinstance(table, dict):
        raise ConfigError(f"{where} must be a table ([{_ARCHIVES}])")
    known = [known.name for known in fields(Endpoints)]
    if unknown := table.keys() - set(known):
        raise ConfigError(f"{where}: no such setting: {', '.join(sorted(unknown))}")
    read = _text(_archive).of_toml
    given = {key: _understood(f"{where}.{key}", read, value) for key, value in table.items()}
    return Endpoints(**{key: str(value) for key, value in given.items() if value})


def _understood(where: str, read: Callable[[Any], object], value: object) -> object:
    try:
        return read(value)
    except ValueError as error:
        raise ConfigError(f"{where} {error}") from error


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a setting is read from TOML and from text; both raise ValueError with the end of a sentence, and None says nothing."""

    of_toml: Callable[[Any], object]
    of_text: Callable[[str], object]


def _text(read: Callable[[str], object]) -> _Kind:
    def of_toml(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError("must be text")  # noqa: TRY004 - becomes a ConfigError like every other value that cannot be
        return read(value) if value else None

    return _Kind(of_toml, read)


def _whole(least: int, most: int) -> _Kind:
    def of_toml(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least:,} to {most:,}, not {_shown(value)}")
        return value

    return _Kind(of_toml, lambda text: of_toml(int(text) if _WHOLE.fullmatch(text) else text))


def _days() -> _Kind:
    def of_toml(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST_DAYS:
            raise ValueError(f"must be a number of days above 0, at most {MOST_DAYS:,}, not {_shown(value)}")
        return float(value)

    return _Kind(of_toml, lambda text: of_toml(float(text) if _NUMBER.fullmatch(text) else text))


def _between(least: float, most: float) -> Callable[[object], float]:
    def of_toml(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least < value <= most:
            raise ValueError(f"must be a number above {least:g}, at most {most:g}, not {_shown(value)}")
        return float(value)

    return of_toml


def _measured(value: object) -> tuple[str, ...]:
    known = ("page", *BY_NAME)
    if not isinstance(value, list):
        raise ValueError(f"must be a list of fields, and of page for the outcomes of pages, not {_shown(value)}")  # noqa: TRY004 - as above
    if wrong := [name for name in value if name not in known]:
        raise ValueError(f"must be a list of fields, and of page for the outcomes of pages; {_shown(wrong[0])} is none")
    return tuple(value)


def _shown(value: object) -> str:
    return repr(value)[:80] if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def _path(text: str) -> Path:
    if "\0" in text:
        raise ValueError("holds a NUL, which no path can")
    return Path(text)


def _contact(text: str) -> str:
    if not (_CONTACT.fullmatch(text) and text.isascii() and text.isprintable()):
        raise ValueError(f"{text!r} is no contact: give a mail address, or the address of a page about you")
    return text


def _archive(text: str) -> str:
    return _address(text, "web archive")


def _address(text: str, what: str = "health check") -> str:
    """An http(s) address to which a path can be added, without a slash at its end."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        known = False
    if not known or not text.isascii() or not text.isprintable() or set(text) & set(' ?#"\\<>'):
        raise ValueError(f"{text!r} is no http(s) address of a {what} (without user, query and fragment)")
    return text.rstrip("/")


_KINDS = {
    "db": _text(_path), "archive": _text(_path), "contact": _text(_contact), "metrics": _text(_path),
    "healthcheck": _text(_address), "min_free_mb": _whole(0, MOST_MB), "full_fetch_days": _whole(1, MOST_DAYS),
    "revisit_min_days": _days(), "revisit_max_days": _days(), "keep_requests_days": _whole(0, MOST_DAYS),
}  # fmt: skip
_DRIFT: dict[str, Callable[[Any], object]] = {
    "min_pages": _whole(1, MOST_PAGES).of_toml, "min_history": _whole(1, MOST_PAGES).of_toml,
    "min_shift": _between(0, 1), "p_value": _between(0, 1), "off": _measured,
}  # fmt: skip
_CARRIED = tuple(known.name for known in fields(Settings) if known.name not in ("db", "archive", "config", _TABLE, _ARCHIVES))
