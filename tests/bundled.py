"""The bundled pages as they might have stood in other years: the same pages with other wages, for histories that have lines."""

import json
import re
from pathlib import Path

from scraper.demo.bundle import bundled

HOST = "https://www.zippia.com"
_AMOUNT = re.compile(rb"(\$|&#36;)(\d{1,3}(?:,\d{3})+|\d+\.\d\d)")


def save(folder: Path, years: tuple[int, ...]) -> Path:
    """A folder of cases: each bundled page in each of some years, the last of which shows the wages as they are bundled."""
    for year in years:
        for path, body in bundled().items():
            case = folder / f"{year}{path.replace('/', '-')}"
            case.mkdir(parents=True)
            (case / "page.html").write_bytes(_in_the_past(body, years[-1] - year))
            about = {"url": HOST + path, "captured_at": f"{year}-05-12T08:30:00Z"}
            (case / "capture.json").write_text(json.dumps(about))
    return folder


def _in_the_past(body: bytes, years: int) -> bytes:
    """The page with the wages of so many years before; the wage of an hour goes with that of its year."""
    amounts = {_number(said) for _, said in _AMOUNT.findall(body)}
    hourly = {f"{year / 2080:.2f}": year for year in amounts if year > 2080}

    def other(match: re.Match[bytes]) -> bytes:
        said = match[2].decode()
        if "." not in said:
            return match[1] + f"{_before(_number(match[2]), years):,}".encode()
        return match[1] + f"{_before(hourly[said], years) / 2080:.2f}".encode() if said in hourly else match[0]

    return _AMOUNT.sub(other, body) if years else body


def _before(amount: float, years: int) -> int:
    """Round amounts, the ends of ranges, grow by two per cent a year, others the more the lower they are, so that none
    overtakes another."""
    if amount % 1000 == 0:
        return round(amount * 0.98**years / 1000) * 1000
    return round(amount / (1 + 1500 / amount) ** years)


def _number(said: bytes) -> float:
    return float(said.replace(b",", b""))
