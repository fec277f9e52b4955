"""What is measured, and searches that are too long for the tests.

`python -m benchmarks` prints the table of docs/performance.md. Its parts are `one_core`, `stages`, `cores`, `memory`, `unchanged`
and `cluster`; `pages` makes the pages, `ground` archives and databases of them, `processes` runs commands and weighs them, `work`
is what runs in a process of its own, `peers` what a user would write instead, `table` and `machine` put it into words.

The others are commands of their own, `python -m benchmarks.NAME`: `scraping` and `client` (page rate of a scrape, and of its
client), `history` with `past` (a database of years), `browse` (the server), `gaps` (pauses as a server sees them), `kills` (runs
that are killed), `cover` (plans), `occupations` (titles and their codes), `fuzz` (any bytes).
"""
