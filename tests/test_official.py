import csv
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest

from normalize.errors import StorageError, UsageError
from normalize.occupations import Title
from scraper import official, sheets

NAMES = 'O*NET-SOC Code\tTitle\tDescription\n11-1011.00\tShip Tamers\tThey tame "ships".\n11-1011.02\tTug Tamers\tTugs.\n'
ALTERNATES = (
    "O*NET-SOC Code\tAlternate Title\tShort Title\tSource(s)\n"
    "11-1011.00\tBoat Whisperer (BW)\tBW\t02,04,08\n"
    "11-1011.00\tHull Friend\tn/a\t02\n"
    "11-1011.02\tTT (Tug Trainer)\tTT\t02,04\n"
)
REPORTED = "O*NET-SOC Code\tReported Job Title\tShown in My Next Move\n11-1011.02\tTT (Tug Trainer)\tY\n"
README = "O*NET 99.1 Database\nSome Month Release\n"
DMTF = [
    ["", "", "", ""],
    ["Some Bureau, November 2017 (for 2018)", "", "", ""],
    ["2018 SOC Code", "2018 SOC Title", "2018 SOC Direct Match Title", "Illustrative Example"],
    ["11-1011", "Ship Tamers", "Barge Tamer", "x"],
    ["11-1011", "Ship Tamers", "Raft Tamer", ""],
]
OEWS = [
    ["AREA", "OCC_CODE", "OCC_TITLE", "O_GROUP", "A_MEAN"],
    ["99", "00-0000", "All Occupations", "total", "1"],
    ["99", "11-1010", "Tamers", "broad", "*"],
    ["99", "11-1011", "Ship Tamers", "detailed", "#"],
    ["99", "11-1018", "Tamers of All Kinds", "detailed", "1"],
]


def as_csv(rows: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: list[list[str]], sheet: str = "Sorted by SOC") -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Read me"
    book.active.append(["nothing here"])
    page = book.create_sheet(sheet)
    for row in rows:
        page.append([cell or None for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows_of(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def put(folder: Path, files: dict[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        (folder / name).write_bytes(body.encode() if isinstance(body, str) else body)
    return folder


@pytest.fixture
def onet(tmp_path: Path) -> Path:
    others = {"Content Model Reference.txt": "Element ID\tElement Name\tDescription\n1\tA\tB\n", "logo.png": b"\x89PNG\0\0"}
    return put(tmp_path / "onet", {"a.txt": NAMES, "b": ALTERNATES, "c.txt": REPORTED, "Read Me.txt": README, **others})


ALL_OF_ONET = {
    Title("Ship Tamers", "11-1011.00", "official"),
    Title("Tug Tamers", "11-1011.02", "official"),
    Title("Boat Whisperer (BW)", "11-1011.00", "several"),
    Title("Boat Whisperer", "11-1011.00", "several"),
    Title("BW", "11-1011.00", "single"),
    Title("Hull Friend", "11-1011.00", "single"),
    *(Title("TT (Tug Trainer)", "11-1011.02", source) for source in ("few", "reported")),
    *(Title("Tug Trainer", "11-1011.02", source) for source in ("few", "reported")),
    Title("TT", "11-1011.02", "single"),
}


def test_a_folder_of_onet(onet: Path) -> None:
    read = official.read("onet", onet)
    assert set(read.titles) == ALL_OF_ONET
    assert len(read.titles) == len(ALL_OF_ONET)
    assert (read.kind, read.name, read.release, read.rows) == ("onet", "onet", "99.1", 6)
    assert [file.name for file in read.files] == ["1-a.txt", "2-b", "3-c.txt"]


def test_a_zip_says_what_its_folder_says(onet: Path, tmp_path: Path) -> None:
    packed = tmp_path / "db_98_7_text.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in onet.iterdir():
            if path.name != "Read Me.txt":
                archive.write(path, f"db_98_7_text/{path.name}")
    read, of_folder = official.read("onet", packed), official.read("onet", onet)
    assert (read.titles, read.sha256, read.rows) == (of_folder.titles, of_folder.sha256, of_folder.rows)
    assert read.release == "98.7"


def test_onet_as_xlsx_with_a_column_more(tmp_path: Path) -> None:
    wide = [[row[0], "Name" if n else "Title", *row[1:]] for n, row in enumerate(rows_of(ALTERNATES))]
    files = {
        "1.xlsx": as_xlsx(rows_of(NAMES)),
        "2.xlsx": as_xlsx(wide),
        "3.xlsx": as_xlsx(rows_of(REPORTED)),
    }
    assert set(official.read("onet", put(tmp_path / "db_97_1", files)).titles) == ALL_OF_ONET


def test_a_name_is_a_name_without_its_exceptions_too(tmp_path: Path) -> None:
    path = put(tmp_path, {"x": NAMES.replace("Tug Tamers", "Tug Tamers, Except Red and Blue")}) / "x"
    assert [title.title for title in official.read("onet", path).titles[1:]] == ["Tug Tamers, Except Red and Blue", "Tug Tamers"]


def test_one_text_file_of_onet_is_enough(onet: Path) -> None:
    read = official.read("onet", onet / "b")
    assert (len(read.files), read.rows, read.release) == (1, 3, "")


@pytest.mark.parametrize("body", [as_csv(DMTF), as_xlsx(DMTF), as_csv(DMTF, "cp1252")])
def test_direct_matches(tmp_path: Path, body: bytes) -> None:
    read = official.read("dmtf", put(tmp_path, {"whatever.dat": body}) / "whatever.dat")
    assert read.titles == (
        Title("Ship Tamers", "11-1011", "official"),
        Title("Barge Tamer", "11-1011", "direct"),
        Title("Raft Tamer", "11-1011", "direct"),
    )
    assert (read.release, read.rows) == ("November 2017", 2)


@pytest.mark.parametrize("body", [as_csv(OEWS), as_xlsx(OEWS, "national_M2024_dl")])
def test_wages(tmp_path: Path, body: bytes) -> None:
    read = official.read("oews", put(tmp_path, {"national_M2024_dl": body}) / "national_M2024_dl")
    assert [title.code for title in read.titles] == ["11-1011", "11-1018"]
    assert (read.release, read.rows) == ("2024", 4)


def test_a_file_in_windows_1252(tmp_path: Path) -> None:
    body = NAMES.replace("Ship", "Ship’s").encode("cp1252")
    assert official.read("onet", put(tmp_path, {"x": body}) / "x").titles[0].title == "Ship’s Tamers"


def _zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


WRONG: dict[str, tuple[str, bytes, str]] = {
    "another kind": ("onet", as_csv(DMTF), "this is dmtf, not onet: say `vocab load dmtf`"),
    "another table": ("dmtf", b"a,b\n1,2\n", "no table of dmtf in it, which has the columns 2018 soc code"),
    "nothing": ("oews", b"", "no table of oews"),
    "a picture": ("oews", b"\x89PNG\r\n\x1a\n\0\0\0", "no table of oews"),
    "old Excel": ("dmtf", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file; save it as xlsx or csv"),
    "no code column": ("onet", ALTERNATES.replace("O*NET-SOC Code", "Code").encode(), "no column 'o*net-soc code'"),
    "no sources": (
        "onet",
        b"O*NET-SOC Code\tAlternate Title\n11-1011.00\tA\n",
        "no column 'short title' and no column 'source(s)'",
    ),
    "cut off": ("onet", ALTERNATES.encode()[:-12], "row 4 has 2 cells under 4 titles: is the file cut off?"),
    "cut in a quote": ("dmtf", as_csv(DMTF) + b'"11-1011","Sh', "unexpected end of data"),
    "a code that is none": (
        "onet",
        NAMES.replace("11-1011.02", "11-Okt").encode(),
        "row 3: '11-Okt' and 'Tug Tamers' are no code",
    ),
    "a code without a title": ("onet", NAMES.replace("Tug Tamers", "").encode(), "row 3: '11-1011.02' and '' are no code"),
    "too many cells": ("onet", NAMES.encode() + b"11-1011.03\tA\tB\tC\n", "row 4 has 4 cells under 3 titles"),
    "a torn xlsx": ("dmtf", as_xlsx(DMTF)[:-400], "File is not a zip file"),
    "a broken workbook": (
        "dmtf",
        _zip(**{"xl/workbook.xml": b"<broken", "[Content_Types].xml": b"<x/>"}),
        "cannot be read as xlsx",
    ),
    "an empty zip": ("onet", _zip(a=b""), "no table of onet"),
    "unknown letters": ("onet", NAMES.encode() + b"11-1011.03\t\x81\xff\tC\n", "neither UTF-8 nor Windows-1252"),
}


@pytest.mark.parametrize(("kind", "body", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_told_plainly(tmp_path: Path, kind: official.Kind, body: bytes, message: str) -> None:
    path = put(tmp_path, {"file": body}) / "file"
    with pytest.raises(UsageError) as caught:
        official.read(kind, path)
    assert message in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        official.read("onet", tmp_path / "none")


def test_two_files_of_one_table(onet: Path) -> None:
    put(onet, {"z.txt": NAMES})
    with pytest.raises(UsageError, match=r"a\.txt and z\.txt hold the same table"):
        official.read("onet", onet)


@pytest.mark.parametrize(
    ("name", "body"),
    [("plain", NAMES.encode() * 1000), ("packed", _zip(names=(NAMES + "\n" * 100_000).encode())), ("xlsx", as_xlsx(DMTF * 1000))],
)
def test_what_is_too_large_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, body: bytes) -> None:
    monkeypatch.setattr(sheets, "MOST_BYTES", 50_000)
    path = put(tmp_path, {name: body}) / name
    with pytest.raises(UsageError, match="more than 50,000 bytes"):
        official.read("dmtf" if name == "xlsx" else "onet", path)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_FILES", 2)
    with pytest.raises(UsageError, match="more than 2 files"):
        official.read("onet", put(tmp_path, {"1": b"", "2": b"", "3": b""}))


def test_xlsx_without_openpyxl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, {"x.xlsx": as_xlsx(DMTF)}) / "x.xlsx"
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError, match=r"careerscape\[xlsx\]"):
        official.read("dmtf", path)


def test_a_copy_is_kept_and_read_again(onet: Path, tmp_path: Path) -> None:
    read = official.read("onet", onet)
    folder = tmp_path / "archive" / "onet"
    official.keep(read, folder)
    assert official.kept("onet", folder) == read


def test_a_newer_copy_takes_the_place_of_an_older_one(onet: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    official.keep(official.read("onet", onet), folder)
    newer = official.read("onet", onet / "a.txt")
    official.keep(newer, folder)
    assert official.kept("onet", folder) == newer
    assert {path.name for path in folder.iterdir()} == {newer.sha256, "official.json"}


def test_nothing_was_kept(tmp_path: Path) -> None:
    assert official.kept("onet", tmp_path) is None


def _other_bytes(folder: Path, file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"Tug", b"Tub"))


def _missing(folder: Path, file: Path) -> None:
    file.unlink()


def _no_note(folder: Path, file: Path) -> None:
    (folder / "official.json").write_text("{}")


def _of_another_kind(folder: Path, file: Path) -> None:
    note = folder / "official.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "kind": "dmtf"}))


@pytest.mark.parametrize("harm", [_other_bytes, _missing, _no_note, _of_another_kind])
def test_a_copy_that_is_another_now_is_no_vocabulary(onet: Path, tmp_path: Path, harm: object) -> None:
    folder = tmp_path / "kept"
    read = official.read("onet", onet)
    official.keep(read, folder)
    assert callable(harm)
    harm(folder, folder / read.sha256 / "1-a.txt")
    with pytest.raises(StorageError, match="load"):
        official.kept("onet", folder)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Alternate Titles.txt", "Alternate Titles.txt"),
        ("../../etc", "_.._etc"),
        ("..", "file"),
        ("a/b\\c\0", "a_b_c_"),
        ("", "file"),
    ],
)
def test_names_of_copies_are_safe(name: str, safe: str) -> None:
    assert official.safe(name) == safe


def test_codes_of_wages_that_no_other_file_has_are_left_out(onet: Path, tmp_path: Path) -> None:
    wages = official.read("oews", put(tmp_path / "w", {"w.csv": as_csv(OEWS)}) / "w.csv")
    both = official.index([wages, official.read("onet", onet)])
    assert both.code("Tamers of All Kinds").code is None
    assert both.code("Ship Tamer").code == "11-1011"
