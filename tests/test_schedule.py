"""Units for systemd, cron and GitHub: what they run is what was asked for, whatever stands in paths and arguments."""

import json
import os
import re
import shutil
import stat
import subprocess
import textwrap
from pathlib import Path

import pytest

from normalize.errors import UsageError
from scraper.operation import schedule
from scraper.settings import Settings, resolve
from tests.command import CAREERSCAPE, Command

NASTY = [
    "plain", "a b", "it's", 'say "x"', "100%", "%n%%h", "\\%", "\\\\%", "\\\\\\%d", "$HOME", "${HOME}", "$$", "`id`", "$(id)",
    "\\", "a\\nb", ";", "&&", "#no", "*", "~", "-x", "=", "a=b", "é ü", "😀", "${{ github.token }}", "'${{'", "!", "|", "'\\''",
    "' %",
]  # fmt: skip
FAKE = """\
#!/bin/sh
cd "$(dirname "$0")" || exit 1
for word in "$PWD_AT_START" "$CAREERSCAPE_CONTACT" "$@"; do printf '%s\\0' "$word"; done >told
"""
BY_NAME = re.compile(r"^# (careerscape\.(?:service|timer))$", re.MULTILINE)


def configured(folder: Path, **more: object) -> Settings:
    """Settings whose paths are there."""
    (folder / "pages").mkdir(parents=True, exist_ok=True)
    return Settings(folder / "jobs.db", folder / "pages", **more)  # type: ignore[arg-type]


def words_of(settings: Settings, arguments: list[str]) -> list[str]:
    return ["--db", str(settings.db), "--archive", str(settings.archive), "scrape", *arguments]


def fake_program(folder: Path) -> Path:
    """A program that writes down how it was called, into the file `told` beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "careerscape"
    program.write_text(FAKE)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def told(program: Path) -> list[str]:
    return program.with_name("told").read_text().split("\0")[1:-1]


# --- systemd ----------------------------------------------------------------------------------------------------------


def files(text: str) -> dict[str, str]:
    """The parts of what is printed, by the name of their file."""
    _, *parts = BY_NAME.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def words(line: str) -> list[str]:
    """How systemd cuts a line whose words are all in double quotes, with its specifiers."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    assert " ".join(f'"{word}"' for word in found) == line
    assert not any(re.search(r"(?<!%)(%%)*%(?!%)", word) for word in found)
    return [re.sub(r"\\(.)", r"\1", word).replace("%%", "%") for word in found]


def value(part: str, key: str) -> str:
    (found,) = re.findall(rf"^{key}=(.*)$", part, re.MULTILINE)
    return found


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
@pytest.mark.parametrize("every", ["hourly", "daily", "weekly"])
@pytest.mark.parametrize("name", ["plain", "a b", 'it\'s 100% "$HOME"\\x é'])
def test_systemd_takes_the_units(tmp_path: Path, name: str, every: schedule.Every):
    folder = tmp_path / name
    program = fake_program(folder / "bin")
    settings = configured(folder, contact="a%b@example.org")
    parts = files(schedule.unit("systemd", settings, NASTY, str(program), every, folder))
    assert list(parts) == ["careerscape.service", "careerscape.timer"]
    for file, text in parts.items():
        (tmp_path / file).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / file) for file in parts)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("folder", ["plain", "a b", "it's", "100%", "$HOME", 'a "b"', "back\\slash", "é"])
def test_the_service_runs_what_was_asked_for(tmp_path: Path, folder: str):
    settings = configured(tmp_path / folder, contact="a%b@example.org", healthcheck="https://h.example/%41")
    program = str(tmp_path / folder / "careerscape")
    service = files(schedule.unit("systemd", settings, NASTY, program, folder=tmp_path / folder))["careerscape.service"]
    command = words(value(service, "ExecStart").removeprefix(":"))
    if command[0] == "/bin/sh":
        assert command[1:3] == ["-c", 'exec "$0" "$@"']
        command = command[3:]
    assert command == [program, *words_of(settings, NASTY)]
    assert not set(command[0]) & set("\"'\\") or "/bin/sh" in service
    assert value(service, "WorkingDirectory") == f"{tmp_path / folder}/".replace("%", "%%")
    assert [words(line)[0] for line in re.findall("^Environment=(.*)$", service, re.MULTILINE)] == [
        "CAREERSCAPE_CONTACT=a%b@example.org", "CAREERSCAPE_HEALTHCHECK=https://h.example/%41",
    ]  # fmt: skip
    assert words(value(service, "ReadWritePaths")) == [f"-{tmp_path / folder}"]
    assert value(service, "SuccessExitStatus").split() == ["3", "75", "143"]


def test_the_timer_makes_up_for_what_was_missed_and_spreads(tmp_path: Path):
    timer = files(schedule.unit("systemd", configured(tmp_path), [], "/x/careerscape", "weekly"))["careerscape.timer"]
    assert [value(timer, key) for key in ("OnCalendar", "Persistent", "RandomizedDelaySec")] == ["weekly", "true", "6h"]


def test_the_folder_for_temporary_files_is_hidden_unless_something_lies_there():
    for folder, private in ((Path("/srv/jobs"), "yes"), (Path("/tmp/jobs"), "no")):
        settings = Settings(folder / "x.db", folder / "pages")
        text = schedule.unit("systemd", settings, [], "/opt/careerscape", folder=folder)
        assert value(text, "PrivateTmp") == private


# --- cron -------------------------------------------------------------------------------------------------------------


def cut_as_cron_does(line: str) -> tuple[list[str], str]:
    """The five fields of time, and the command: up to the first % without a backslash, `\\%` standing for %."""
    *times, rest = line.split(" ", 5)
    command, escaped = "", False
    for character in rest:
        if escaped:
            command = command[:-1] + character if character == "%" else command + character
            escaped = False
        elif character == "%":
            raise AssertionError(f"cron cuts here: {command}")
        else:
            command += character
            escaped = character == "\\"
    return times, command


def run_as_cron_does(text: str) -> None:
    comment, line, end = text.split("\n")
    assert (comment[0], end) == ("#", "")
    _, command = cut_as_cron_does(line)
    done = subprocess.run(["/bin/sh", "-c", command], cwd="/", env={}, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("folder", ["plain", "a b", "it's", "100%", "$HOME", 'a "b"', "back\\slash", "b\\%", "b\\\\%", "é", "-x"])
def test_cron_runs_what_was_asked_for(tmp_path: Path, folder: str):
    program = fake_program(tmp_path / folder)
    settings = configured(tmp_path / folder, contact="it's%20@example.org")
    run_as_cron_does(schedule.unit("cron", settings, NASTY, str(program), folder=tmp_path / folder))
    assert told(program) == ["it's%20@example.org", *words_of(settings, NASTY)]
    assert (tmp_path / folder / "jobs.db.log").read_text() == ""


@pytest.mark.parametrize("word", NASTY)
def test_cron_hands_on_every_word(tmp_path: Path, word: str):
    program = fake_program(tmp_path / "bin")
    run_as_cron_does(schedule.unit("cron", configured(tmp_path), [word, f"x{word}y"], str(program), folder=tmp_path))
    assert told(program)[-2:] == [word, f"x{word}y"]


def test_relative_paths_of_arguments_start_where_the_line_was_printed_and_what_is_said_is_added(tmp_path: Path):
    program = tmp_path / "careerscape"
    program.write_text("#!/bin/sh\npwd\necho warning >&2\n")
    program.chmod(0o755)
    for _ in range(2):
        run_as_cron_does(schedule.unit("cron", configured(tmp_path), [], str(program), folder=tmp_path / "pages"))
    assert (tmp_path / "jobs.db.log").read_text() == 2 * f"{tmp_path / 'pages'}\nwarning\n"


@pytest.mark.parametrize(("every", "stars"), [("hourly", 4), ("daily", 3), ("weekly", 2)])
def test_a_time_of_its_own_off_the_full_hour(tmp_path: Path, every: schedule.Every, stars: int):
    seen = set()
    for number in range(20):
        text = schedule.unit("cron", Settings(tmp_path / f"{number}.db", tmp_path), [], "/x/careerscape", every)
        assert text == schedule.unit("cron", Settings(tmp_path / f"{number}.db", tmp_path), [], "/x/careerscape", every)
        times, _ = cut_as_cron_does(text.split("\n")[1])
        assert times[5 - stars :] == ["*"] * stars or every == "weekly"
        assert 3 <= int(times[0]) <= 56
        seen.add(times[0])
    assert len(seen) > 8


def test_a_line_that_is_too_long_for_cron_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="998"):
        schedule.unit("cron", configured(tmp_path), ["https://a.example/" + "x" * 900], "/x/careerscape")


# --- GitHub -----------------------------------------------------------------------------------------------------------


def scripts(text: str) -> dict[str, str]:
    """The commands of each step of a workflow by its name."""
    found = re.findall(r"^      - name: (.*)\n(?:       .*\n)*?        run: \|\n((?:          .*\n)+)", text, re.MULTILINE)
    return {name: textwrap.dedent(script) for name, script in found}


def workflow(settings: Settings, arguments: list[str]) -> str:
    return schedule.unit("github", settings, arguments, "/x/careerscape")


def test_the_workflow_is_yaml_of_the_expected_shape(tmp_path: Path):
    text = workflow(configured(tmp_path, contact="me@example.org"), NASTY)
    yaml = pytest.importorskip("yaml")
    read = yaml.safe_load(text)
    assert read["permissions"] == {"contents": "write"}
    assert read["concurrency"] == {"group": "careerscape-data", "cancel-in-progress": False}
    assert read[True].keys() == {"schedule", "workflow_dispatch"}
    job = read["jobs"]["scrape"]
    assert job["env"] == {"CAREERSCAPE_CONTACT": "me@example.org"}
    assert {step["name"]: step["run"] for step in job["steps"] if "run" in step} == scripts(text)


def test_the_lines_of_the_workflow_are_indented_by_twos_and_have_no_tabs(tmp_path: Path):
    text = workflow(configured(tmp_path), NASTY)
    assert "\t" not in text
    assert all((len(line) - len(line.lstrip(" "))) % 2 == 0 for line in text.splitlines())
    assert list(scripts(text)) == [
        "Refuse a public repository", "Install", "Get what earlier runs kept", "Scrape", "Keep what was scraped",
    ]  # fmt: skip
    assert re.findall(r"uses: (.*)", text) == ["actions/checkout@v5", "actions/setup-python@v6"]


def test_github_finds_no_expression_but_ours(tmp_path: Path):
    settings = configured(tmp_path, contact="${{a}}@example.org")
    text = workflow(settings, NASTY)
    assert set(re.findall(r"\$\{\{.*?\}\}", text)) == {
        "${{ github.token }}", "${{ steps.kept.outputs.commit }}", "${{ runner.temp }}", "${{ '${{' }}",
    }  # fmt: skip
    assert text.count("${{ github.token }}") == 1
    assert "CAREERSCAPE_CONTACT: \"${{ '${{' }}a}}@example.org\"" in text


class Runner:
    """A machine that runs the steps of a workflow in a new clone each time, with a program that adds to what is there."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder, self.steps = folder, scripts(text)
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.git("init", "--quiet", "--bare", "origin", cwd=folder)
        self.git("clone", "--quiet", "origin", "first", cwd=folder)
        (folder / "first" / ".gitignore").write_text("*.db\n/archive/\n")
        self.git("add", ".", cwd=folder / "first")
        self.git("commit", "--quiet", "-m", "code", cwd=folder / "first")
        self.git("push", "--quiet", "origin", "HEAD", cwd=folder / "first")
        self.runs = 0

    def git(self, *words: str, cwd: Path) -> str:
        who = ("-c", "user.name=x", "-c", "user.email=x@localhost")
        return subprocess.run(["git", *who, *words], cwd=cwd, check=True, capture_output=True, text=True, timeout=30).stdout

    def program(self, code: int, adds: str) -> None:
        file = self.bin / "careerscape"
        script = (
            f"mkdir -p data/archive; echo {adds} >>data/careerscape.db; echo x >data/archive/{adds}.warc.gz; touch data/a.lock"
        )
        words = 'for word in "$@"; do printf \'%s\\0\' "$word"; done'
        file.write_text(f"#!/bin/sh\n{script}\n{words} >{self.folder}/told\nexit {code}\n")
        file.chmod(0o755)

    def run(self, code: int, adds: str) -> list[int]:
        """The exit codes of getting, scraping and keeping."""
        self.program(code, adds)
        self.runs += 1
        clone = self.folder / f"clone{self.runs}"
        self.git("clone", "--quiet", "--depth", "1", f"file://{self.folder}/origin", str(clone), cwd=self.folder)
        output = self.folder / f"output{self.runs}"
        environment = {"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.folder), "GITHUB_OUTPUT": str(output)}
        codes = [self.step("Get what earlier runs kept", clone, environment)]
        codes.append(self.step("Scrape", clone, environment))
        names = {f"GIT_{who}_{what}": "careerscape" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        before = output.read_text().strip().removeprefix("commit=")
        index = str(self.folder / f"index{self.runs}")
        codes.append(self.step("Keep what was scraped", clone, environment | names | {"BEFORE": before, "GIT_INDEX_FILE": index}))
        return codes

    def step(self, name: str, folder: Path, environment: dict[str, str]) -> int:
        done = subprocess.run(
            ["bash", "-e", "-c", self.steps[name]], cwd=folder, env=environment, capture_output=True, timeout=60
        )
        return done.returncode

    def kept(self) -> dict[str, str]:
        """The files of the branch, and what they hold."""
        origin = self.folder / "origin"
        names = self.git("ls-tree", "-r", "--name-only", "careerscape-data", cwd=origin).split()
        return {name: self.git("show", f"careerscape-data:{name}", cwd=origin) for name in names}


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")
def test_what_a_workflow_scraped_is_there_for_the_next(tmp_path: Path):
    runner = Runner(tmp_path, workflow(configured(tmp_path / "elsewhere"), NASTY))
    assert runner.run(0, "one") == [0, 0, 0]
    assert (tmp_path / "told").read_text().split("\0")[:-1] == [
        "--db", "data/careerscape.db", "--archive", "data/archive", "scrape", *NASTY,
    ]  # fmt: skip
    assert runner.kept() == {"archive/one.warc.gz": "x\n", "careerscape.db": "one\n"}
    for code, adds, ended in ((3, "two", 0), (75, "three", 0), (69, "four", 69)):
        assert runner.run(code, adds) == [0, ended, 0]
    assert runner.kept()["careerscape.db"] == "one\ntwo\nthree\nfour\n"
    assert len(runner.kept()) == 5
    assert runner.git("rev-list", "--count", "careerscape-data", cwd=tmp_path / "origin").strip() == "1"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")
def test_a_workflow_that_cannot_get_what_was_kept_overwrites_nothing(tmp_path: Path):
    runner = Runner(tmp_path, workflow(configured(tmp_path / "elsewhere"), []))
    assert runner.run(0, "one") == [0, 0, 0]
    before = runner.kept()
    clone = tmp_path / "clone1"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "o"), "BEFORE": "",
                   "GIT_INDEX_FILE": str(tmp_path / "i")}  # fmt: skip
    names = {f"GIT_{who}_{what}": "careerscape" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    (clone / "data" / "careerscape.db").write_text("lost")
    assert runner.step("Keep what was scraped", clone, environment | names) != 0
    shutil.rmtree(clone / "data")
    runner.git("remote", "set-url", "origin", str(tmp_path / "gone"), cwd=clone)
    assert runner.step("Get what earlier runs kept", clone, environment) != 0
    assert runner.kept() == before


# --- all, and the command ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["systemd", "cron", "github"])
@pytest.mark.parametrize("text", ["a\nb", "a\tb", "\x1b", "\x00", "\x85", "\u2028", "\u202e", "\udcff"], ids=ascii)
def test_what_no_unit_can_hold_is_refused(tmp_path: Path, kind: schedule.Kind, text: str):
    with pytest.raises(UsageError, match="characters that a schedule cannot hold"):
        schedule.unit(kind, configured(tmp_path), [text], "/x/careerscape")


@pytest.mark.parametrize("kind", ["systemd", "cron"])
def test_the_file_of_settings_is_named_and_what_it_does_not_say_carried(tmp_path: Path, kind: schedule.Kind):
    file = tmp_path / "mine.toml"
    file.write_text('contact = "file@example.org"\nmin_free_mb = 7\n')
    settings = resolve({"config": str(file)}, {"CAREERSCAPE_MIN_FREE_MB": "9"})
    text = schedule.unit(kind, settings, [], "/x/careerscape", folder=tmp_path)
    assert f"--config {file} " in text.replace('"', "")
    assert re.findall(r"CAREERSCAPE_\w+=[^\" ]+", text) == ["CAREERSCAPE_MIN_FREE_MB=9"]


def test_a_workflow_holds_what_the_file_says_as_the_file_is_not_there(tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text('contact = "file@example.org"\nmetrics = "x.prom"\nrevisit_max_days = 7\n')
    text = workflow(resolve({"config": str(file)}, {}), [])
    assert 'CAREERSCAPE_CONTACT: "file@example.org"\n      CAREERSCAPE_REVISIT_MAX_DAYS: "7"\n    steps:' in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize(
    "arguments", [["windows"], [], ["cron", "--every", "minute"], ["cron", "--", "--nope"], ["cron", "--", "--delay", "x"]]
)  # fmt: skip
def test_what_is_not_understood_ends_with_2(tmp_path: Path, arguments: list[str]):
    done = Command(tmp_path)("schedule", *arguments, exit_code=2)
    assert done.stdout == ""


def test_the_command_prints_units_of_this_program_and_says_when_nobody_can_be_reached(tmp_path: Path):
    done = Command(tmp_path)("--db", "x.db", "schedule", "systemd", "--", "http://a.example/", "--delay", "5")
    command = words(value(files(done.stdout)["careerscape.service"], "ExecStart").removeprefix(":"))
    assert command == [
        str(CAREERSCAPE), "--db", str(tmp_path / "x.db"), "--archive", str(tmp_path / "archive"), "scrape", "http://a.example/",
        "--delay", "5",
    ]  # fmt: skip
    assert "no contact is set" in done.stderr
    for environment in ({"CAREERSCAPE_CONTACT": "me@example.org"}, {}):
        more = [] if environment else ["--contact", "me@example.org"]
        done = Command(tmp_path)("schedule", "cron", "--", "http://a.example/", *more, **environment)
        assert "me@example.org" in done.stdout
        assert done.stderr == ""


def test_what_the_line_of_cron_starts_is_the_program(tmp_path: Path):
    """The printed line, run as cron does, where there is nothing to fetch."""
    line = Command(tmp_path)("schedule", "cron").stdout.split("\n")[1]
    _, command = cut_as_cron_does(line)
    done = subprocess.run(["/bin/sh", "-c", command], cwd="/", env={}, capture_output=True, text=True, timeout=60)
    said = (tmp_path / "careerscape.db.log").read_text()
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
    assert "there is nothing to fetch" in said
    assert json.dumps(said).count("Traceback") == 0


def test_the_command_of_the_document_saves_both_units(tmp_path: Path):
    text = (Path(__file__).parents[1] / "docs" / "operation.md").read_text()
    script = text.split("<!-- command: systemd -->\n```sh\n")[1].split("```")[0]
    program = tmp_path / "careerscape"
    unit = schedule.unit("systemd", configured(tmp_path), [], "/x/careerscape")
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{unit}END\n")
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n')
    for name in ("careerscape", "systemctl"):
        (tmp_path / name).chmod(0o755)
    environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-euc", script], env=environment, check=True, timeout=30)
    saved = {file.name: file.read_text() for file in (tmp_path / ".config/systemd/user").iterdir()}
    assert {name: part.removeprefix(f"# {name}") for name, part in saved.items()} == files(unit)
    assert (tmp_path / "asked").read_text() == "--user daemon-reload\n--user enable --now careerscape.timer\n"


def test_the_service_may_write_where_database_archive_and_locks_lie(tmp_path: Path):
    for name in ("data", "pages", "metrics"):
        (tmp_path / name).mkdir()
    settings = Settings(tmp_path / "data" / "x.db", tmp_path / "pages" / "archive", metrics=tmp_path / "metrics" / "x.prom")
    service = files(schedule.unit("systemd", settings, (), "/bin/careerscape", folder=tmp_path))["careerscape.service"]
    assert words(value(service, "ReadWritePaths")) == [f"-{tmp_path / name}" for name in ("data", "pages", "metrics")]
