"""Where database and archive are, and who asks: flag, then environment, then configuration file, then default."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from normalize.errors import ConfigError

DEFAULTS = {"db": "careerscape.db", "archive": "archive", "config": "careerscape.toml", "contact": ""}
_PATHS = ("db", "archive")
_CONTACT = re.compile(r"\S+@\S+|https?://\S+")


@dataclass(frozen=True, slots=True)
class Settings:
    """The paths of a run; `contact` is where the owner of a site can reach the person who runs it, empty where not said."""

    db: Path
    archive: Path
    contact: str = ""


def resolve(flags: Mapping[str, str | None], environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that flags (`db`, `archive`, `config`, `contact`) and the environment (`CAREERSCAPE_DB`, ...) give.

    Raises ConfigError for a configuration file that is missing although it was named, or that cannot be understood.
    """
    named = {key: flags.get(key) or environment.get(f"CAREERSCAPE_{key.upper()}") for key in DEFAULTS}
    path = Path(named["config"] or DEFAULTS["config"])
    configured = _load(path) if named["config"] or path.is_file() else {}
    db, archive, contact = (named[key] or configured.get(key) or DEFAULTS[key] for key in (*_PATHS, "contact"))
    if contact and not (_CONTACT.fullmatch(contact) and contact.isascii()):
        raise ConfigError(f"{contact!r} is no contact: give a mail address, or the address of a page about you")
    return Settings(Path(db), Path(archive), contact)


def _load(path: Path) -> dict[str, str]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ConfigError(f"{path}: {why} (--config, CAREERSCAPE_CONFIG or the current folder names it)") from error
    if unknown := values.keys() - {*_PATHS, "contact"}:
        raise ConfigError(f"{path}: no such setting: {', '.join(sorted(unknown))}")
    if wrong := [key for key, value in values.items() if not isinstance(value, str)]:
        raise ConfigError(f"{path}: {', '.join(wrong)} must be text")
    return {key: str(path.parent / value) if key in _PATHS else value for key, value in values.items()}
