"""Text that clients send: what is kept, what is refused."""

import contextlib
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.refusals import BadRequest
from schema.text import (
    DISTRICT,
    LONGEST_SEARCH,
    clean,
    district,
    language,
    search_pattern,
    search_words,
)

SENT = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
SENDABLE = SENT.map(clean)
NAMES = (
    "O'Connor-Ibrahim",
    "N'Djoli",
    "Олена Гончаренко",
    "محمد عبد‌الله",
    "Sukarno",
    "👩‍👩‍👧",
)


def _is_like(text: str, pattern: str) -> bool:
    """Whether PostgreSQL's LIKE would say that `text` matches `pattern`."""
    parts = re.findall(r"\\(.)|(%)|(_)|(.)", pattern, re.DOTALL)
    regex = "".join(
        ".*" if every else "." if one else re.escape(escaped or plain)
        for escaped, every, one, plain in parts
    )
    return re.fullmatch(regex, text, re.DOTALL) is not None


@given(SENT)
def test_text_is_kept_composed_and_once_for_all(text: str) -> None:
    kept = clean(text)
    assert unicodedata.is_normalized("NFC", kept)
    assert clean(kept) == kept


@pytest.mark.parametrize("name", NAMES)
def test_names_stay_as_they_are(name: str) -> None:
    assert clean(name) == name
    assert clean(unicodedata.normalize("NFD", name)) == name


def test_what_nobody_sees_is_left_out() -> None:
    assert clean("\u202a+44 1865\u202c \u200b000000\ufeff") == "+44 1865 000000"
    assert clean("ab\u202egnp.exe") == "abgnp.exe"
    assert clean("line\r\nline\tend") == "line\r\nline\tend"


@pytest.mark.parametrize("text", ["\x1b[2J", "a\x7f", "\x85", "\x08"], ids=ascii)
def test_what_commands_a_terminal_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="control character"):
        clean(text)


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "ok\udfff"], ids=ascii)
def test_what_postgresql_cannot_hold_is_refused(text: str) -> None:
    for refuses in (clean, district, search_pattern):
        with pytest.raises(BadRequest):
            refuses(text)
    with pytest.raises(BadRequest):
        clean(f"fine {text}")


@given(SENDABLE, SENDABLE, SENDABLE)
def test_a_search_finds_what_contains_it(before: str, wanted: str, after: str) -> None:
    assert _is_like(before + wanted.strip() + after, search_pattern(wanted))


@given(SENDABLE, st.text("ab%_\\", max_size=6))
def test_a_search_finds_nothing_else(text: str, wanted: str) -> None:
    assert _is_like(text, search_pattern(wanted)) == (wanted in text)


@given(st.from_regex(DISTRICT, fullmatch=True), st.sampled_from(["", " ", "\t", "\n"]))
def test_a_district_is_read_however_it_is_written(code: str, space: str) -> None:
    assert district(f"{space}{code.lower()}{space}") == code
    assert district(code) == code


@given(SENDABLE)
def test_a_district_is_a_district_or_refused(text: str) -> None:
    with contextlib.suppress(BadRequest):
        assert DISTRICT.fullmatch(district(text))


@pytest.mark.parametrize("text", ["", "OX", "4", "OX4 1AA", "OXX4", "Ⅸ4", "OX٤", "OX4\n;"])
def test_a_malformed_district_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        district(text)


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("room -shared", "room -shared"),
        ('-"ground floor"', '-"ground floor"'),
        ("-" * 33 + "x", "-x"),
        ("- - - -", "       "),
        ("co-op", "co-op"),
    ],
)
def test_dashes_leave_words_out_or_nothing(written: str, searched: str) -> None:
    assert search_words(written) == searched


def test_a_search_is_no_essay() -> None:
    assert search_words("a" * LONGEST_SEARCH)
    with pytest.raises(BadRequest, match="200"):
        search_words("a" * (LONGEST_SEARCH + 1))


@pytest.mark.parametrize(
    ("text", "kept"), [("uk", "uk"), (" UK ", "uk"), ("ukr", "uk"), ("prs", "prs"), ("rhg", "rhg")]
)
def test_a_language_is_kept_by_its_shortest_code(text: str, kept: str) -> None:
    assert language(text) == kept


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ua", "'ua' is no language's code (ISO 639), such as 'uk'; in the country UA most speak"),
        ("cz", "in the country CZ most speak 'cs'."),
        ("xx", "'xx' is no language's code (ISO 639), such as 'uk'."),
        ("und", "no language's code"),
        ("Ukrainian", "no language's code"),
        ("uk-UA", "no language's code"),
        ("", "no language's code"),
    ],
)
def test_what_is_no_language_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadRequest, match=re.escape(said)):
        language(text)
