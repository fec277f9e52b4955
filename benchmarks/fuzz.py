"""`python -m benchmarks.fuzz [--inputs N] [--seed N]`: bytes that a coverage-guided fuzzer makes up, from page to facts.

Needs the extra `fuzz`. Every input has to be read without raising, and every fact has to keep the promises of tests/promises.py.
An input that does not is written to the folder that is named, and ends the campaign.
"""

import argparse
import sys
import tempfile
from pathlib import Path

URL = "https://www.zippia.com/cook-jobs/cook-vs-baker-differences"
_KINDS = ("text/html", "text/plain")
_TABLE = (
    "<table><tr><th></th><th>Cook</th><th>Baker</th></tr><tr><td>Average salary</td><td>$44,937</td><td>$43,251</td></tr>"
    "<tr><td>Salary range</td><td>Between $31,000 And $64,000</td><td>$34k - $54k</td></tr></table>"
)
SEEDS = (
    "0" + _TABLE,
    "0<table><tr><td>Cook</td><td>Baker</td><td></td></tr><tr><td>Most common degree</td><td>Bachelor's Degree, 58%</td>"
    "<td>-</td></tr><tr><td>Gender ratio</td><td>Male, 34.4% Female, 65.6%</td><td>Male, 40% Female, 60%</td></tr></table>",
    "0<table><tr><th>Job</th><th>Hourly rate</th><th>Number of jobs</th></tr><tr><td>Cook</td><td>$21.60</td><td>1,236</td></tr>"
    "<tr><td>Baker</td><td>$20.79</td><td>99</td></tr></table>",
    "0<h3>Cook</h3><dl><dt>Growth rate</dt><dd>-8%</dd><dt>Job satisfaction</dt><dd>4/5</dd></dl>"
    "<h3>Baker</h3><dl><dt>Growth rate</dt><dd>3%</dd><dt>Years of experience</dt><dd>12</dd></dl>",
    "0<div role=table><div role=row><span role=columnheader></span><span role=columnheader>Cook</span><span role=columnheader>"
    "Baker</span></div><div role=row><span role=rowheader>Average age</span><span role=cell>46</span><span role=cell>44</span>"
    "</div></div>",
    "0<div><div><span></span><span>Cook</span><span>Baker</span></div><div><span>Race ratio</span><span>White, 60.1% Asian, 39.9%"
    "</span><span>White, 50% Black or African American, 50%</span></div></div>" + _TABLE,
    "0" + _TABLE + "<p>It typically takes 6-12 months to become a cook. A cook has an average salary of $44,937, which is higher "
    "than the $43,251 average annual salary of a baker. The top three skills for a cook include cooking, food safety and "
    "cleanliness.</p><h3>Cook skills</h3><ul><li>Cooking, 21%</li><li>Food Safety, 9%</li></ul>",
    "1| | Cook | Baker |\n|---|---|---|\n| Average salary | $44,937 | $43,251 |\n| Most common major | Business | - |\n",
    "1## Salary\n| Cook | Baker | |\n| Highest paying City | - | Virginia Beach, VA |\n| LGBT Percentage | 7.2% | 9% |\n",
)
WORDS = (
    "<table>", "</table>", "<tr>", "<td>", "<th>", "</td>", "<td colspan=2>", "<td rowspan=3>", "<td rowspan=0>", "<td hidden>",
    "<div>", "</div>", "<span>", "<dl>", "<dt>", "<dd>", "<ul>", "<li>", "<p>", "<br>", "<sup>1</sup>", "<h2>", "<caption>",
    "<template>", "<svg>", "<select>", "<!--", "-->", "<![CDATA[", "&nbsp;", "&#8203;", "&minus;", "role=row", "role=grid",
    "role=cell", "style=display:none", "aria-label=x", "| ", "\n", "Cook", "Baker", "Average salary", "Salary range", "Yearly salary",
    "Hourly rate", "Growth rate", "Average age", "Gender ratio", "Advertisement", "$", "%", "-", "44,937", "k", "per hour", "months",
    "Between", "And", "Male, ", "N/A", "\u200b", "\u2212", "\u00a0", "\ufeff", "\u202e", "\x00", "\ud7ff", "<html>", "</html>",
)  # fmt: skip


def main() -> None:
    """Make up inputs until enough were read, or one breaks a promise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=200_000, help="how many [200000]")
    parser.add_argument("--seed", type=int, default=1, help="of the fuzzer's choices [1]")
    parser.add_argument("--longest", type=int, default=2_000, help="bytes of an input at most [2000]")
    options = parser.parse_args()
    import atheris

    with atheris.instrument_imports(include=["normalize", "scraper"], enable_loader_override=False):
        from tests import promises

    def one(data: bytes) -> None:
        media_type, body = page(data)
        promises.read(body, media_type, URL)

    folder = Path(tempfile.mkdtemp(prefix="careerscape-fuzz-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(SEEDS):
        (corpus / f"seed-{number}").write_text(seed, encoding="utf-8")
        one(seed.encode())
    words = folder / "words.dict"
    words.write_bytes(b"\n".join(b'"%s"' % _quoted(word) for word in WORDS) + b"\n")
    print(f"what breaks a promise is kept in {folder}", flush=True)
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-dict={words}", f"-runs={options.inputs}", f"-seed={options.seed}",
         f"-max_len={options.longest}", f"-artifact_prefix={folder}/", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1",
         "-verbosity=1"],
        one,
    )  # fmt: skip
    atheris.Fuzz()


def page(data: bytes) -> tuple[str, bytes]:
    """The media type and the bytes of a page that an input stands for: its first byte chooses the type."""
    return _KINDS[data[:1] == b"1"], data[1:]


def _quoted(word: str) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in word.encode())


if __name__ == "__main__":
    main()
