"""Sites as data: hosts, URL shapes, row labels, headings and sentence forms, one TOML file each."""

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache, partial
from importlib.resources import files
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from normalize.errors import ConfigError
from normalize.folding import fold, without_icons, without_mark
from normalize.grammars import duration
from normalize.terms import TERMS

LEFT_MARK, RIGHT_MARK = "\ue000", "\ue001"
"""Characters that stand in the place of a job's title while the forms of a sentence are tried."""

_LONGEST_LABEL, _REMEMBERED = 120, 4096
_MADE_UP = ("first-job", "2nd-job-vs-3rd")
_JOB = f"{LEFT_MARK}+|{RIGHT_MARK}+"
_SLOTS = {
    "{a}": "(?:an? |the )?",
    "{adverb}": "(?:(?:typically|usually|generally|normally|often) )?",
    "{end}": r"(?= ?(?:[.,;:!)]|$))(?!\.[0-9]|,? (?:or|per|plus|each|to|more)\b)",
    "{higher}": "(?P<higher>higher|more|greater)",
    "{lower}": "(?P<lower>lower|less|smaller)",
    "{job}": f"(?:{_JOB})",
    **{f"{{job{n}}}": f"(?P<job{n}>{_JOB})" for n in (1, 2)},
    **{f"{{time{n}}}": f"(?P<value{n}>{duration.FORM})" for n in (1, 2)},
    **{f"{{money{n}}}": rf"(?P<value{n}>(?>\$[0-9]++(?:[.,][0-9]++)*+)[km]?)" for n in (1, 2)},
    **{f"{{list{n}}}": rf"(?P<value{n}>.{{1,400}}?)" for n in (1, 2)},
}
T = TypeVar("T")
Section = Annotated[str, StringConstraints(pattern="^(overview|salary|education|demographics|skills)$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Sentence(_Strict):
    """A kind of sentence that carries figures: `forms` take it, the earlier before the later. `cue` marks one about a job
    of the page that no form takes, `hint` one about any job; `words` stand in every one of the kind."""

    name: str
    part: Annotated[str, StringConstraints(pattern="^(time|pay|top_skills)$")]
    term: str
    words: str
    cue: str
    hint: str
    forms: list[str]
    most: int = 0

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """The forms, for text that is folded and has marks for titles."""
        return tuple(_compile(form) for form in self.forms)

    @cached_property
    def cue_pattern(self) -> re.Pattern[str]:
        """The cue, for the same text."""
        return _compile(self.cue)

    @cached_property
    def hint_pattern(self) -> re.Pattern[str]:
        """The hint, for the same text."""
        return _compile(self.hint)


class Skills(_Strict):
    """How a site heads its lists of skills. A caption without the `cue` speaks of none; `own` are the captions that tell whose
    skills follow, `job` those that name a job and nothing else, `section` those that name none; `more` are the items that
    only lead to the rest of a list. `words` are those that may stand anywhere in such a caption."""

    cue: str
    words: str
    own: list[str]
    job: list[str]
    section: list[str]
    more: list[str]

    def _compile(self, forms: list[str]) -> re.Pattern[str]:
        word = f"(?:{'|'.join(map(re.escape, self.words.split()))}|[0-9]{{1,3}})"
        slots = {"{words}": f"(?:{word} )*+", "{rest}": f"(?: {word}(?![^ ?!]))*+[ ?!]*"}
        for slot, pattern in slots.items():
            forms = [form.replace(slot, pattern) for form in forms]
        return re.compile("|".join(f"(?:{_slotted(form)})" for form in forms))

    @cached_property
    def own_pattern(self) -> re.Pattern[str]:
        """The forms of `own`, for the whole of a text that is folded and has marks for titles."""
        return self._compile(self.own)

    @cached_property
    def job_pattern(self) -> re.Pattern[str]:
        """The forms of `job`, for the same text."""
        return self._compile(self.job)

    @cached_property
    def section_pattern(self) -> re.Pattern[str]:
        """The forms of `section`, for the same text."""
        return self._compile(self.section)

    @cached_property
    def more_pattern(self) -> re.Pattern[str]:
        """The forms of `more`, for the same text."""
        return self._compile(self.more)


class Layout(_Strict):
    """Words of a page that are neither titles nor labels nor values, as a site uses them.

    `corners` head the column of labels or of values; `ignored_columns` columns that are of neither job. A row in the middle of a
    table with one of the `adverts` is none of it. `links` may stand on a line below a title; `{job}` is left out. In a heading
    the words of `neutral` change nothing of what a title or section says, and what `narrowing` finds (patterns that begin
    with a word, for folded text without titles) says that figures are of a part of the people alone. So does what stands beside
    or below one of the `dimensions`, but the words of `whole`.
    """

    corners: list[str] = []
    ignored_columns: list[str] = []
    adverts: list[str] = []
    links: list[str] = []
    neutral: str = ""
    narrowing: list[str] = []
    dimensions: list[str] = []
    whole: list[str] = []

    @cached_property
    def corner_set(self) -> frozenset[str]:
        """The folded words above labels and values."""
        return frozenset(map(fold, self.corners))

    @cached_property
    def ignored_column_set(self) -> frozenset[str]:
        """The folded words above columns of neither job."""
        return frozenset(map(fold, self.ignored_columns))

    @cached_property
    def link_set(self) -> frozenset[str]:
        """The folded words of links below a title."""
        return frozenset(map(fold, self.links))

    @cached_property
    def neutral_set(self) -> frozenset[str]:
        """The folded words of headings that change nothing."""
        return frozenset(self.neutral.split())

    @cached_property
    def dimension_set(self) -> frozenset[str]:
        """The folded words over or before what may limit figures."""
        return frozenset(map(fold, self.dimensions))

    @cached_property
    def whole_set(self) -> frozenset[str]:
        """The folded words of a dimension that limit nothing."""
        return frozenset(map(fold, self.whole))

    @cached_property
    def advert_pattern(self) -> re.Pattern[str]:
        """The words of adverts, for folded text."""
        return re.compile("|".join(rf"\b{re.escape(words)}\b" for words in map(fold, self.adverts)) or r"(?!)")

    @cached_property
    def narrowing_pattern(self) -> re.Pattern[str]:
        """What narrows, for folded text."""
        return re.compile(rf"\b(?:{'|'.join(self.narrowing) or '(?!)'})")


class Site(_Strict):
    """What is known of one site's comparison pages; `delay_s` is the least pause between two requests to its hosts, `page` the
    path of the page that compares `{left}` and `{right}`."""

    name: str
    hosts: list[str]
    delay_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    paths: list[str]
    page: str
    ignored_labels: list[str]
    labels: dict[Section, dict[str, str]]
    hints: dict[Section, list[str]]
    sentences: list[Sentence]
    skills: Skills | None = None
    layout: Layout = Layout()

    def where(self, label: str) -> Mapping[str, str]:
        """The sections in which a row label may stand, with its term there; empty for what is no label."""
        return {} if len(label) > _LONGEST_LABEL else self._where(label)

    @cached_property
    def _where(self) -> Callable[[str], Mapping[str, str]]:
        return self.remembering(_sections)

    def remembering(self, function: "Callable[[Site, str], T]") -> Callable[[str], T]:
        """A pure function of the site and a text that remembers what it was asked lately: sites repeat their words."""
        if function not in self._remembered:
            self._remembered[function] = lru_cache(_REMEMBERED)(partial(function, self))
        return self._remembered[function]

    @cached_property
    def _remembered(self) -> dict[Any, Callable[[str], Any]]:
        return {}

    def is_hint(self, heading: str) -> bool:
        """Whether a heading inside of a table tells a section."""
        return fold(heading) in self._section_of_words

    def section_of(self, words: str) -> str:
        """The section that folded words name, empty for others."""
        return self._section_of_words.get(words, "")

    @cached_property
    def _section_of_words(self) -> dict[str, str]:
        return {words: section for section, hints in reversed(self.hints.items()) for words in (section, *map(fold, hints))}

    @cached_property
    def label_pattern(self) -> re.Pattern[str]:
        """What begins with a row label, for text in small letters."""
        labels = sorted(self.sections_of, key=len, reverse=True)
        return re.compile(rf"\s*(?:{'|'.join(map(re.escape, labels))})(?!\w)")

    @cached_property
    def label_start(self) -> re.Pattern[str]:
        """The same, where a value may follow without a blank."""
        return re.compile(self.label_pattern.pattern.removesuffix(r"(?!\w)"))

    @cached_property
    def label_heads(self) -> frozenset[str]:
        """The first three letters of all row labels, small, capital, or with a capital."""
        return frozenset(head for label in self.sections_of for head in (label[:3], label[:3].upper(), label[:3].capitalize()))

    @cached_property
    def label_inside(self) -> re.Pattern[str]:
        """A row label anywhere in a text in small letters."""
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, self.sections_of))})(?!\w)")

    @cached_property
    def sections_of(self) -> dict[str, dict[str, str]]:
        """The sections in which each row label, folded, may stand, with its term there."""
        found: dict[str, dict[str, str]] = {}
        for section, labels in self.labels.items():
            for label, term in labels.items():
                found.setdefault(fold(label), {})[section] = term
        return found

    @cached_property
    def ignored(self) -> frozenset[str]:
        """The folded row labels that are ignored by name."""
        return frozenset(map(fold, self.ignored_labels))

    @cached_property
    def sentence_words(self) -> tuple[str, ...]:
        """Text without any of these has no sentence that is read."""
        return tuple({sentence.words for sentence in self.sentences})

    @cached_property
    def _shapes(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(path) for path in self.paths)

    def pair(self, path: str) -> tuple[str, str] | None:
        """The slugs of the left and right job of a URL's path, None when the path has another shape."""
        for shape in self._shapes:
            if match := shape.fullmatch(path):
                return match["left"], match["right"]
        return None

    def path(self, left: str, right: str) -> str:
        """The path of the page that compares two slugs; `pair` gives them back, unless no such page can be."""
        return right.join(left.join(self.page.split("{left}")).split("{right}"))


def _sections(site: Site, label: str) -> Mapping[str, str]:
    """The sections in which a row label may stand, with its term there."""
    found = site.sections_of.get(fold(label))
    if not found and (bare := without_mark(without_icons(label))) != label:
        found = site.sections_of.get(fold(bare))
    return found or {}


def _slotted(form: str) -> str:
    for slot, pattern in _SLOTS.items():
        form = form.replace(slot, pattern)
    return form


def _compile(form: str) -> re.Pattern[str]:
    return re.compile(_slotted(form))


@cache
def load() -> tuple[Site, ...]:
    """All sites. Raises ConfigError with the file and the place in it."""
    folder = files("scraper") / "sites"
    return tuple(
        parse(entry.name, entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".toml")
    )


def parse(name: str, text: str) -> Site:
    """The site that a TOML text describes. Raises ConfigError."""
    try:
        site = Site.model_validate(tomllib.loads(text))
        unknown = {t for labels in site.labels.values() for t in labels.values()} | {s.term for s in site.sentences}
        if unknown := unknown - TERMS.keys():
            raise ConfigError(f"{name}: no such term: {', '.join(sorted(unknown))}")
        _ = [(s.patterns, s.cue_pattern, s.hint_pattern) for s in site.sentences], site._shapes, site.layout.narrowing_pattern
        if site.skills:
            _ = site.skills.own_pattern, site.skills.job_pattern, site.skills.section_pattern, site.skills.more_pattern
        if site.pair(site.path(*_MADE_UP)) != _MADE_UP:
            raise ConfigError(f"{name}: no shape of `paths` takes {site.path(*_MADE_UP)!r}, which `page` gives, for what it is")
    except (tomllib.TOMLDecodeError, ValidationError, re.error) as error:
        raise ConfigError(f"{name}: {error}") from error
    return site


def of(path: str) -> tuple[Site, tuple[str, str]] | None:
    """The site whose URL shape fits a path, the host ignored, and the slugs of the pair."""
    for site in load():
        if pair := site.pair(path):
            return site, pair
    return None
