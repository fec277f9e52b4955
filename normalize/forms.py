"""The one JSON form of each noun: `--json` output, golden file and input of the next stage at once."""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from normalize.errors import CareerscapeError

Noun = TypeVar("Noun")


_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_json(noun: object, indent: int | None = None) -> bytes:
    """The JSON of a Document, Claims, Reading or any other frozen dataclass of ours."""
    return bytes(_adapter(type(noun)).dump_json(noun, indent=indent))


def to_plain(noun: object) -> Any:
    """The same as dicts and lists."""
    return _adapter(type(noun)).dump_python(noun, mode="json")


def from_json(kind: type[Noun], text: bytes) -> Noun:
    """The noun that a JSON text holds, strictly typed. Raises CareerscapeError for anything else."""
    try:
        noun: Noun = _adapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        raise CareerscapeError(f"not the JSON form of {kind.__name__}: {error}") from error
    return noun
