"""Texts made comparable. Raw text is never overwritten: what is folded stands beside it."""

import re

_DASHES = "‐‑‒–—―−﹘﹣－"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\ufe0f\ufeff"
)
_QUOTES = "‘’‛′`´ʼ"
_TRANSLATION = {
    **{ord(c): "-" for c in _DASHES},
    **{ord(c): None for c in _INVISIBLE},
    **{ord(c): "'" for c in _QUOTES},
    **{ord(c): '"' for c in "“”„″"},
}
_SAME_LENGTH = {k: (v if v is not None else "\u2060") for k, v in _TRANSLATION.items()}
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+")


def plain(text: str) -> str:
    """One line: every kind of space is one blank, every dash `-`, every apostrophe `'`, invisible characters gone."""
    return _SPACE.sub(" ", text.translate(_TRANSLATION)).strip()


def fold(text: str) -> str:
    """`plain`, lower case, without a closing colon or full stop: what labels and vocabularies are compared by."""
    return plain(text).lower().rstrip(":.").rstrip()


def fold_in_place(text: str) -> str:
    """Lower case with plain dashes, quotes and spaces, each character where it stood, so that offsets hold."""
    return "".join(" " if c.isspace() else (low if len(low := c.lower()) == 1 else c) for c in text.translate(_SAME_LENGTH))


def letters(text: str) -> str:
    """Letters and digits only, joined: equal for a title and its slug (`Nurses' Aide` and `nurses-aide`)."""
    return "".join(_WORD.findall(plain(text).lower().replace("'", "")))


def name_keys(title: str) -> frozenset[str]:
    """The keys under which a title and a slug may meet; signs count as words or not at all."""
    spelled = title.replace("&", " and ").replace("+", " plus ").replace("#", " sharp ")
    without_and = re.sub(r"\band\b", " ", plain(title).lower().replace("-", " "))
    return frozenset(key for key in (letters(title), letters(spelled), letters(without_and)) if key)
