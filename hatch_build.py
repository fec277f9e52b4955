"""Compiling the code that reads pages to machine code, with mypyc: `HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 pip install .`

The modules stay as they are beside what is compiled of them, so that the version of the parser, which is a digest of them, is the
same; and so are the readings. Not compiled are modules of data classes, which gain nothing, and all that waits for a network, a
disk or a database.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PACKAGES = ("normalize", "scraper", "db")
_FOLDERS = ("normalize", "normalize/checks", "normalize/grammars", "scraper/readers")
_MODULES = (
    "captions", "cards", "cells", "comparison", "copies", "grids", "headings", "interpreter", "labels", "limits", "rows",
    "sections", "sentences", "skills", "tables", "texts", "titles", "walls",
)  # fmt: skip
_AS_THEY_ARE = frozenset(f"normalize/{name}.py" for name in ("noun", "claims", "facts", "findings", "forms"))
_SETUP = """
import sys
from mypyc.build import mypycify
from setuptools import setup

arguments = ["--ignore-missing-imports", "--allow-subclassing-any", "--no-warn-return-any", *sys.argv.pop().split(",")]
setup(name="compiled", packages=[], ext_modules=mypycify(arguments, opt_level="3", debug_level="0"))
"""


def compile_copy(root: Path, folder: Path) -> Iterator[Path]:
    """Copy the packages of a checkout into a folder and compile there; the answer is what was made, below the folder.

    Raises RuntimeError with what the compilers said.
    """
    for package in _PACKAGES:
        copytree(root / package, folder / package, ignore=ignore_patterns("__pycache__", "*.so"))
    (folder / "setup.py").write_text(_SETUP)
    command = [sys.executable, "setup.py", "build_ext", "--inplace", ",".join(_compiled(folder))]
    done = subprocess.run(  # noqa: S603 - our own script
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"mypyc or the C compiler failed:\n{done.stdout[-4000:]}")
    made = (path.relative_to(folder) for path in folder.rglob("*.so"))
    return (path for path in made if path.parts[0] != "build")


def _compiled(folder: Path) -> list[str]:
    found = [path for name in _FOLDERS for path in sorted((folder / name).glob("*.py"))]
    found += [folder / "scraper" / f"{name}.py" for name in _MODULES]
    names = [path.relative_to(folder).as_posix() for path in found]
    return [name for name in names if name not in _AS_THEY_ARE and not name.endswith("__init__.py")]


class Compiled(BuildHookInterface[Any]):
    """Adds the compiled modules to a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile in a folder aside: the checkout stays as it is."""
        if version == "editable":
            return
        self._folder = TemporaryDirectory()
        folder = Path(self._folder.name)
        for made in compile_copy(Path(self.root), folder):
            build_data["force_include"][str(folder / made)] = str(made)
        build_data["pure_python"], build_data["infer_tag"] = False, True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - the hook's form
        """Remove the folder; the wheel is written."""
        if version != "editable":
            self._folder.cleanup()
