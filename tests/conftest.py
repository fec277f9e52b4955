"""The option that writes the expected files of the fixtures anew, to be read as a diff before it is committed."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-expected", action="store_true", help="write what the fixtures give beside them")


@pytest.fixture
def write_expected(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--write-expected"))
