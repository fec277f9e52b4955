"""One page has one address, however it is spelled; what could be another page keeps its own."""

import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from normalize.errors import UsageError
from scraper.urls import LONGEST, canonical
from tests.figures import OVERVIEW, SEED

PAGE = "https://www.zippia.com/chef-jobs/chef-vs-cook-differences"


@pytest.mark.parametrize("url", [PAGE, OVERVIEW.url, SEED.url, "http://127.0.0.1:8000/chef-jobs/chef-vs-cook-differences"])
def test_a_canonical_address_stays(url: str):
    assert canonical(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://zippia.com/chef-jobs/chef-vs-cook-differences/",
        "HTTPS://WWW.ZIPPIA.COM:443/chef-jobs/chef-vs-cook-differences?utm_source=x#top",
        " https://user:word@www.zippia.com./chef-jobs/chef-vs-cook-differences ",
        "https://www.zippia.com/%63hef-jobs/chef%2Dvs-cook-differences",
        "https://www.zippia.com/jobs/../chef-jobs/./chef-vs-cook-differences",
        "https://www.zippia.com/jobs/%2e%2E/chef-jobs/chef-vs-cook-differences",
    ],
)
def test_a_comparison_page_has_one_address(url: str):
    assert canonical(url) == PAGE


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("http://X.example:80", "http://x.example/"),
        ("https://x.example:443/a", "https://x.example/a"),
        ("http://x.example:443/a", "http://x.example:443/a"),
        ("http://x.example/%7Ea/%e9", "http://x.example/~a/%E9"),
        ("http://x.example/é", "http://x.example/%C3%A9"),
        ('http://x.example/"<>', "http://x.example/%22%3C%3E"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://x.example。/", "http://x.example/"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
        ("http://x.example/s.xml?b=2&a=1#c", "http://x.example/s.xml?a=1&b=2"),
        ("http://x.example/?q=a%20b&p=%7e", "http://x.example/?p=~&q=a+b"),
        ("http://x.example/a//b", "http://x.example/a//b"),
        ("http://x.example//a/../b", "http://x.example//b"),
        ("http://x.example/../../a/.", "http://x.example/a/"),
        ("http://x.example/.well-known/a", "http://x.example/.well-known/a"),
        ("http://x.example/a/...", "http://x.example/a/..."),
    ],
)
def test_other_spellings(url: str, same: str):
    assert canonical(url) == same


@pytest.mark.parametrize(
    "path",
    [
        "/a%2Fb", "/a%2Fb/c", "/a%3Fb", "/a%23b", "/a%25b", "/a%2541", "/100%", "/%zz", "/%%34%31", "/a%3Bb", "/a%2Bb", "/a%3ab",
        "/a%40b", "/a;v=1/b;w", "/a/..;v/b", "/x?a", "/x?a&b=1", "/x?b=1&a", "/x?=1&a=2", "/x?b=1;a=2", "/x?b=1&&a=2",
        "/x?b=2&b=1", "/x?b=2&%62=1", "/x?http://y/", "/x?",
    ],
)  # fmt: skip
def test_what_another_spelling_could_mean_something_else_by_is_left_alone(path: str):
    assert canonical("http://x.example" + path) == "http://x.example" + path.removesuffix("?")


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "x", "/a", "//x.example/a", "ftp://x.example/", "javascript:alert(1)", "http:", "http://", "http:///a", "http://./",
        "http://user@/", "http://[::1", "http://[x]/", "http://x.example:99999/", "http://x.example:a/", "http://x.example/a b",
        "http://x.example/a\nb", "http://x.example/\0", "http://x.example/\u200b", "http://x.example/\ud800", "http://é..example/",
        "http://x.example\\a/", "http://x%2eexample/", "http://.x.example/", "http://x.example/" + "x" * LONGEST,
        "http://x.example/" + "é" * (LONGEST // 4),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str):
    with pytest.raises(UsageError):
        canonical(url)


ODD = st.text(st.sampled_from("aZé%2Ff5e./;?&=#@:[]+ \t\\'|~-_。ß\u0130\ud800"), max_size=40)


@settings(deadline=None, max_examples=400)
@given(st.one_of(ODD, st.text(max_size=40)), st.sampled_from(["http://", "https://x.example/", "https://x.example/?", ""]))
@example("%%34%31", "https://x.example/")
@example("x。", "http://")
def test_canonical_is_idempotent_and_raises_nothing_else(text: str, before: str):
    try:
        url = canonical(before + text)
    except UsageError:
        return
    assert canonical(url) == url
    assert url.isascii()


@settings(deadline=None)
@given(st.text(st.sampled_from("ab/.-_~:@!$&'()*+,=é%41"), max_size=30))
def test_paths_that_are_left_alone_are_what_the_library_would_leave(path: str):
    from w3lib.url import canonicalize_url

    from scraper.urls import _EVEN

    if _EVEN.fullmatch("/" + path):
        assert canonicalize_url("http://h/" + path) == "http://h/" + path


def test_the_address_of_a_page_costs_no_import():
    code = f"import sys\nfrom scraper.urls import canonical\ncanonical({PAGE!r})\nprint('w3lib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
