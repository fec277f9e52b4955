"""What is shipped: the content of the wheel, and the demo from it in an empty environment without network."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from scraper.demo.bundle import bundled

ROOT = Path(__file__).parents[1]
SOURCES = ("scraper", "normalize", "db")
LOOPBACK_UP = (
    "import fcntl, os, socket, struct, sys\n"
    "fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8914, struct.pack('16sh14x', b'lo', 0x41))\n"
    "try:\n    socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError:\n    os.execvp(sys.argv[1], sys.argv[1:])\n"
    "sys.exit('there is a network')\n"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".git", ".venv", "*.db", "archive", "__pycache__", ".*cache"))
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        str(folder),
        str(tree),
    ]
    subprocess.run(build, check=True, timeout=120)
    (made,) = folder.glob("careerscape-*.whl")
    return made


def test_the_wheel_holds_the_code_its_data_and_the_pages_of_the_demo(wheel: Path):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    code = {str(p.relative_to(ROOT)) for top in SOURCES for p in (ROOT / top).rglob("*") if p.is_file() and p.suffix != ".pyc"}
    pages = {name for name in names if name.startswith("scraper/demo/pages/")}
    assert names - pages == code
    assert {name.rsplit("/", 1)[1] for name in pages} == {"page.html", "capture.json"}
    assert len(pages) == 2 * len(bundled()) == 32
    assert not any("/error-" in name or "/partial-" in name or "/made-up-" in name for name in pages)


def test_the_wheel_names_its_command_licence_and_no_address_of_a_registry(wheel: Path):
    archive = zipfile.ZipFile(wheel)
    info = {name.split(".dist-info/")[1]: archive.read(name).decode() for name in archive.namelist() if ".dist-info/" in name}
    assert "careerscape = scraper.cli:main" in info["entry_points.txt"]
    assert "licenses/LICENSE" in info
    assert "License-Expression: Apache-2.0" in info["METADATA"]
    assert "/simple" not in info["METADATA"]


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel_in_an_empty_environment_without_network(wheel: Path, tmp_path: Path):
    """The libraries come from this environment, the program from the wheel alone."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True, timeout=60)
    python = tmp_path / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, timeout=120)
    packages = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = [str(python), "-c", "import scraper; print(scraper.__file__)"]
    assert str(tmp_path) in subprocess.run(where, check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    demo = [str(python.with_name("careerscape")), "demo"]
    alone = ["unshare", "--net", "--map-root-user", str(python), "-c", LOOPBACK_UP]
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("this machine gives no network namespace")
    done = subprocess.run([*alone, *demo], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "16 pages: 16 loaded" in done.stdout
