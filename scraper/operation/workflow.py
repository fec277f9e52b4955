"""The workflow that scrapes on GitHub's machines, in a private copy of this repository.

What was scraped is kept on a branch of its own: one commit without a parent, which each run replaces, so that the repository
does not grow with every version of the database. The archive holds pages of others, so a public repository is refused.
"""

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace

from scraper.settings import Settings, apart_from_file

WORKFLOW = """\
# .github/workflows/careerscape.yml, on the default branch of a private copy of the careerscape repository.
# What was scraped is kept on the branch careerscape-data: `git fetch origin careerscape-data`.
name: careerscape
on:
  schedule:
    - cron: "@when@"
  workflow_dispatch:
permissions:
  contents: write
concurrency:
  group: careerscape-data
  cancel-in-progress: false
jobs:
  scrape:
    runs-on: ubuntu-latest
    timeout-minutes: 350
@environment@    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
        with:
          python-version: "3.12"
      - name: Refuse a public repository
        env:
          GH_TOKEN: ${{ github.token }}
        run: |
          private=$(gh api "repos/$GITHUB_REPOSITORY" --jq .private)
          [ "$private" = true ] || { echo "::error::the archive holds pages of others: use a private repository"; exit 78; }
      - name: Install
        run: |
          python -m pip install --quiet --require-hashes -r requirements.lock
          python -m pip install --quiet --no-deps --no-build-isolation .
      - name: Get what earlier runs kept
        id: kept
        run: |
          mkdir data
          found=$(git ls-remote origin refs/heads/careerscape-data)
          if [ -n "$found" ]; then
            git fetch --quiet --depth 1 origin refs/heads/careerscape-data
            git archive FETCH_HEAD >kept.tar
            tar -x -f kept.tar -C data
            rm kept.tar
          fi
          echo "commit=${found%%[[:space:]]*}" >>"$GITHUB_OUTPUT"
      - name: Scrape
        timeout-minutes: 320
        run: |
          code=0
          careerscape --db data/careerscape.db --archive data/archive scrape@arguments@ || code=$?
          case $code in
            0) ;;
            3) echo "::warning::some pages failed" ;;
            75) echo "::warning::a site asks us to wait" ;;
            *) exit "$code" ;;
          esac
      - name: Keep what was scraped
        if: always() && steps.kept.outcome == 'success'
        env:
          BEFORE: ${{ steps.kept.outputs.commit }}
          GIT_INDEX_FILE: ${{ runner.temp }}/careerscape-index
          GIT_AUTHOR_NAME: careerscape
          GIT_AUTHOR_EMAIL: careerscape@localhost
          GIT_COMMITTER_NAME: careerscape
          GIT_COMMITTER_EMAIL: careerscape@localhost
        run: |
          git --git-dir="$PWD/.git" --work-tree="$PWD/data" -C data add --all --force -- . ':!*.lock'
          commit=$(git commit-tree "$(git write-tree)" -m "Scraped $(date -u +%Y-%m-%dT%H:%M:%SZ)")
          git push --quiet --force-with-lease="refs/heads/careerscape-data:$BEFORE" origin "$commit:refs/heads/careerscape-data"
"""


def workflow(settings: Settings, arguments: Sequence[str], when: str) -> str:
    """The text of the workflow. The settings stand in it, the file of this machine is not there; there is no one to read
    metrics."""
    given = apart_from_file(replace(settings, config=None, metrics=None))
    private = "CAREERSCAPE_HEALTHCHECK"  # its path is a secret
    lines = "".join(f"      {name}: {_yaml(value)}\n" for name, value in given.items() if name != private)
    if private in given:
        lines += f"      {private}: ${{{{ secrets.{private} }}}} # set it in the settings of the repository\n"
    words = "".join(f" {_word(argument)}" for argument in arguments)
    text = WORKFLOW.replace("@when@", when).replace("@environment@", f"    env:\n{lines}" if lines else "")
    return text.replace("@arguments@", words)


def _yaml(value: str) -> str:
    """A text in quotes, in which GitHub finds no expression."""
    return json.dumps(value.replace("${{", "${{ '${{' }}"), ensure_ascii=False)


def _word(argument: str) -> str:
    """A word for the shell, in which GitHub finds no expression: quotes are closed and opened within."""
    return shlex.quote(argument).replace("${{", "$''{{")
