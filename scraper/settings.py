"""Where database and archive are: flag, then environment, then configuration file, then default."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from normalize.errors import ConfigError

DEFAULTS = {"db": "careerscape.db", "archive": "archive", "config": "careerscape.toml"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The paths of a run."""

    db: Path
    archive: Path


def resolve(flags: Mapping[str, str | None], environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that flags (`db`, `archive`, `config`) and the environment (`CAREERSCAPE_DB`, ...) give.

    Raises ConfigError for a configuration file that is missing although it was named, or that cannot be understood.
    """
    named = {key: flags.get(key) or environment.get(f"CAREERSCAPE_{key.upper()}") for key in DEFAULTS}
    path = Path(named["config"] or DEFAULTS["config"])
    configured = _load(path) if named["config"] or path.is_file() else {}
    db, archive = (Path(named[key] or configured.get(key) or DEFAULTS[key]) for key in ("db", "archive"))
    return Settings(db, archive)


def _load(path: Path) -> dict[str, str]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if unknown := values.keys() - {"db", "archive"}:
        raise ConfigError(f"{path}: no such setting: {', '.join(sorted(unknown))}")
    if wrong := [key for key, value in values.items() if not isinstance(value, str)]:
        raise ConfigError(f"{path}: {', '.join(wrong)} must be text")
    return {key: str(path.parent / value) for key, value in values.items()}
