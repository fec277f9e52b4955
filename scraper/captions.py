"""Captions: what the headings and short lines of a page say about the skills lists below them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from normalize.claims import Place, Side
from normalize.folding import fold, shown
from scraper.sentences import marked, mentions
from scraper.sites import LEFT_MARK, RIGHT_MARK, Skills

Kind = Literal["own", "job", "section", "other", "plain"]
LONGEST = 160
"""The most characters of a caption."""
_NOWHERE = Place(-1)
_LINE, _JOB_LINE, _PLAIN_LINE = 7, 8, 9  # below all levels of headings


@dataclass(slots=True)
class Caption:
    """A heading or short line. `own` tells whose skills follow, `job` names a job and nothing else, `section` speaks of skills
    of nobody or of both, `other` of skills in words that no form takes, `plain` of something else.

    `late` tells that a list of skills may go on behind it, `crowded` that the other job's caption stands right before it, so
    that the lists may follow in a row; `place` and `end` are the line's, block -1 for a heading.
    """

    kind: Kind
    text: str
    level: int
    side: Side | None = None
    late: bool = False
    crowded: bool = False
    place: Place = _NOWHERE
    end: int = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose skills a list below a caption holds; `doubtful`: the captions speak of skills, but do not say whose."""

    side: Side | None
    caption: Caption
    doubtful: bool = False


_NONE = Caption("plain", "", 0)
_NOBODY = Owner(None, _NONE)


class Outline:
    """The captions that hold where a walk over the page has come to, the innermost last."""

    def __init__(self, skills: Skills, titles: Mapping[Side, str]) -> None:
        self._skills = skills
        self._mentions = mentions(titles)
        self.telling = (skills.cue, *(mention.stem for mention in self._mentions))
        self._open: list[Caption] = []
        self._last: Caption | None = None
        self._used = False

    def heading(self, text: str, level: int) -> None:
        """A heading ends the captions of its level and below."""
        self._push(self._caption(text, level) if len(text) <= LONGEST else Caption("plain", text[:LONGEST], level))

    def line(self, text: str, block: int, start: int) -> None:
        """A line of text; prose is no caption, unless it tells whose skills follow."""
        if len(text) > LONGEST:
            self._last = None
            return
        caption = self._caption(text, _LINE)
        if caption.kind != "own" and text.rstrip()[-1:] in ".!":
            self._last = None
            return
        caption.place, caption.end = Place(block, start=start), start + len(text)
        if caption.kind == "job":
            caption.level = _JOB_LINE
        elif caption.kind == "plain":
            caption.late = self._used and any(above.kind in ("own", "section") for above in self._open)
            caption.level = _LINE if self._used else _PLAIN_LINE
        self._push(caption)

    def is_silent(self) -> bool:
        """Whether no caption that holds tells of a job or of skills: a list that follows is nobody's."""
        return all(caption.kind == "plain" for caption in self._open)

    def passed(self) -> None:
        """A list or table was passed: what follows may be about something else."""
        self._last, self._used = None, True

    def is_no_item(self, text: str) -> bool:
        """Whether an item of a list is a link to the rest of it."""
        return len(text) <= LONGEST and bool(self._skills.more_pattern.fullmatch(marked(fold(text), self._mentions)))

    def owner(self, lines: bool) -> Owner:
        """Whose a list is that stands here; `lines` tells that it is one of bare lines, of which the caption above may be
        the first."""
        captions = self._open[::-1]
        plain = next((n for n, c in enumerate(captions) if c.kind != "plain" or c.level < _LINE), len(captions))
        if late := next((caption for caption in captions[:plain] if caption.late), None):
            return Owner(None, late, doubtful=True)
        if plain == len(captions) or captions[plain].kind == "plain":
            return _NOBODY
        first, *above = captions[plain:]
        parent = above[0] if above else _NONE
        if first.kind == "job" and parent.kind == "plain":
            return Owner(None, first, doubtful=parent.late)
        side = parent.side if first.kind == "section" and parent.kind in ("own", "job") else first.side
        unclear = first.crowded or (lines and plain > 0) or (first.kind == "job" and parent.kind in ("job", "other"))
        unclear = unclear or (first.kind != "own" and any(c.kind == "own" and c.side != side for c in above))
        return Owner(None if unclear else side, first, doubtful=unclear or not side)

    def _caption(self, text: str, level: int) -> Caption:
        said = text if text.isprintable() and "  " not in text else shown(text)
        if said.isascii() and self._tells_nothing(said.lower().replace("`", "'")):
            return Caption("plain", said, level)
        words = marked(fold(text), self._mentions)
        skilled = self._skills.cue in words
        sides: list[Side] = [s for s, mark in (("left", LEFT_MARK), ("right", RIGHT_MARK)) if mark in words]  # type: ignore[misc]
        side = sides[0] if len(sides) == 1 else None
        kind: Kind = "other" if skilled else "plain"
        if side and skilled and self._skills.own_pattern.fullmatch(words):
            kind = "own"
        elif side and self._skills.job_pattern.fullmatch(words):
            kind = "job"
        elif skilled and (len(sides) == 2 or self._skills.section_pattern.fullmatch(words)):
            kind = "section"
        return Caption(kind, said, level, side if kind in ("own", "job") else None)

    def _tells_nothing(self, low: str) -> bool:
        return not any(map(low.__contains__, self.telling))

    def _push(self, caption: Caption) -> None:
        last = self._last
        if last and caption.side and last.side not in (None, caption.side) and last.level == caption.level:
            caption.crowded = True
        while self._open and self._open[-1].level >= caption.level:
            self._open.pop()
        self._open.append(caption)
        self._last, self._used = caption, False
