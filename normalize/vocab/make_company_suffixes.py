"""`python -m normalize.vocab.make_company_suffixes`: writes company_suffixes.csv from the terms of cleanco (extra `vocab`).

Source: cleanco, MIT.
"""

import csv
from pathlib import Path

from normalize.companies import words_of

OUT = Path(__file__).with_name("company_suffixes.csv")


def main() -> None:
    """Write the table beside this file."""
    from cleanco.termdata import terms_by_country, terms_by_type

    found: dict[str, tuple[set[str], set[str]]] = {}
    for place, groups in enumerate((terms_by_type, terms_by_country)):
        for name, terms in groups.items():
            for term in terms:
                if suffix := " ".join(words_of(term)):
                    found.setdefault(suffix, (set(), set()))[place].add(name)
    with OUT.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("suffix", "types", "countries"))
        table.writerows(
            (suffix, "|".join(sorted(types)), "|".join(sorted(lands))) for suffix, (types, lands) in sorted(found.items())
        )


if __name__ == "__main__":
    main()
