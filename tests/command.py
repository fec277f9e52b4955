"""The real command in a real process."""

import json
import os
import subprocess
import sys
from pathlib import Path

CAREERSCAPE = Path(sys.executable).with_name("careerscape")
FIXTURES = Path(__file__).parents[1] / "fixtures" / "pages" / "zippia"


class Command:
    """careerscape in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str | Path, exit_code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [CAREERSCAPE, *map(str, arguments)],
            cwd=self.folder,
            env={k: v for k, v in os.environ.items() if not k.startswith("CAREERSCAPE_")} | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == exit_code, done.stdout + done.stderr
        return done

    def json(self, *arguments: str | Path, exit_code: int = 0) -> list[dict]:
        """The objects that a command prints with --json."""
        return [json.loads(line) for line in self(*arguments, "--json", exit_code=exit_code).stdout.splitlines()]
