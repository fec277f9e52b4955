"""Pages as the measures of drift see them: occupations with figures of their own, on pages of several templates."""

import random
from collections.abc import Sequence
from dataclasses import replace

from normalize.facts import Value
from normalize.fields import GENDERS, RACES
from normalize.measures import Key, Said, Sight

Sides = dict[Key, tuple[str, Value | None]]
_OFTEN_MISSING = {
    "salary.best_city": 0.45, "salary.best_state": 0.4, "salary.best_company": 0.3, "salary.best_industry": 0.2,
    "education.major": 0.05, "education.college": 0.6, "outlook.satisfaction": 0.7, "outlook.growth_pct": 0.1,
}  # fmt: skip
_TEXTS = {"salary.best_city": 40, "salary.best_state": 20, "salary.best_company": 60, "salary.best_industry": 15,
          "education.major": 25, "education.college": 80}  # fmt: skip
_DEGREES = ("bachelor",) * 6 + ("associate", "high_school", "high_school", "master")
_OVERVIEW = ("outlook.growth_pct", "outlook.jobs", "outlook.satisfaction", "outlook.experience_years")


def figures(chance: random.Random) -> Sides:
    """What is true of one occupation."""
    mean = round(chance.lognormvariate(10.9, 0.45))
    said: Sides = {
        ("salary.annual_mean_usd", ""): ("ok", mean), ("salary.annual_low_usd", ""): ("ok", mean * 7 // 10),
        ("salary.annual_high_usd", ""): ("ok", mean * 14 // 10), ("salary.hourly_mean_usd", ""): ("ok", round(mean / 2080, 2)),
        ("education.degree", ""): ("ok", chance.choice(_DEGREES)), ("education.degree_pct", ""): ("ok", chance.randint(25, 80)),
        ("demographics.age_mean", ""): ("ok", chance.randint(36, 48)),
        ("demographics.lgbt_pct", ""): ("ok", chance.randint(5, 15)),
        ("outlook.growth_pct", ""): ("ok", chance.randint(-8, 20)),
        ("outlook.jobs", ""): ("ok", round(chance.lognormvariate(9, 2))),
        ("outlook.satisfaction", ""): ("ok", round(chance.uniform(2.5, 5), 2)),
        ("outlook.experience_years", ""): ("ok", chance.choice((1, 2, 4, 4, 6, 8, 10))),
        ("outlook.time_to_become_min_months", ""): ("ok", chance.choice((6, 12, 24, 48, 48, 72))),
        ("skill.name", ""): ("ok", None), ("skill.pct", ""): ("ok", None),
    }  # fmt: skip
    for rank in range(1, 4):
        said["skill.name", str(rank)] = ("ok", f"skill {chance.randint(1, 60)}")
        said["skill.pct", str(rank)] = ("ok", chance.randint(3, 40))
    said |= {(name, ""): ("ok", f"{name} {chance.randint(1, kinds)}") for name, kinds in _TEXTS.items()}
    for name, items in (("gender_pct", GENDERS[:2]), ("race_pct", RACES[:5])):
        cuts = sorted(chance.uniform(0, 100) for _ in items[1:])
        said["demographics." + name, ""] = ("ok", None)
        for item, low, high in zip(items, [0, *cuts], [*cuts, 100], strict=True):
            said["demographics." + name, item] = ("ok", round(high - low, 1))
    for name, rate in _OFTEN_MISSING.items():
        if chance.random() < rate:
            said[name, ""] = ("missing", None)
    return said


class Country:
    """Occupations, and the pages that compare two of them; a page shows some tables and not others."""

    def __init__(self, seed: int, jobs: int = 400) -> None:
        self.chance = random.Random(seed)
        self.jobs = [figures(self.chance) for _ in range(jobs)]
        self._pages = 0

    def pages(self, count: int, hub: int | None = None) -> list[Sight]:
        """So many new pages, all about one occupation where there is a hub."""
        found: list[Sight] = []
        for _ in range(count):
            self._pages += 1
            left, right = self.chance.sample(range(len(self.jobs)), 2)
            shown = self._template()
            for job in (left if hub is None else hub, right):
                said = {key: value for key, value in self.jobs[job].items() if key[0] in shown}
                if self.chance.random() < 0.03:
                    said["salary.annual_mean_usd", ""] = ("suspect", 1)
                found.append(Sight(self._pages, f"{self._pages}", job, said))
        return found

    def again(self, sights: Sequence[Sight]) -> list[Sight]:
        """The same pages later: one value of fifty is lost, one of ten is brought up to date or becomes another."""
        return [replace(sight, said=self._later(sight.said), before=sight.said, capture=f"{sight.capture}b") for sight in sights]

    def _template(self) -> set[str]:
        names = {key[0] for key in self.jobs[0]}
        kind = self.chance.random()
        return names - set(_OVERVIEW) if kind < 0.3 else {n for n in names if "best_" not in n} if kind < 0.5 else names

    def _later(self, said: Said) -> Sides:
        later: Sides = dict(said)
        for key, (status, value) in said.items():
            if status == "ok" and not key[1] and self.chance.random() < 0.02:
                later[key] = ("missing", None)
            elif status == "ok" and isinstance(value, int) and not key[1] and self.chance.random() < 0.1:
                later[key] = ("ok", round(value * self.chance.uniform(0.8, 1.3)))
        return later
