"""`noun`: a dataclass that the type checker holds to be frozen."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

Class = TypeVar("Class")


@dataclass_transform(frozen_default=True, order_default=True)
def noun(cls: type[Class]) -> type[Class]:
    """A frozen dataclass with slots, equality, order and hash, for the nouns of which a page makes hundreds.

    That nobody assigns to a field is mypy's to say: at run time `frozen=True` would make each of them four times as slow.
    """
    return dataclass(slots=True, order=True, unsafe_hash=True)(cls)
