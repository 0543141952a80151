"""Cursors: what goes in comes out, and nothing else does."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import DateTime, Text, Uuid, column

from api.reading.cursors import NOT_A_CURSOR, cursor, readers
from schema.refusals import BadRequest
from schema.types.reads import Key, finite, moment, whole, words

KEYS = [
    Key(column("updated_at"), DateTime(timezone=True), moment),
    Key(column("name"), Text(), words),
    Key(column("id"), Uuid(), UUID),
]
MOMENTS = st.datetimes(timezones=st.just(UTC))
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def _read(text: str, order_name: str = "ORDER") -> list[Any]:
    return [read(text) for read in readers(order_name, KEYS)]


@given(MOMENTS, NAMES, st.uuids())
def test_a_cursor_gives_back_its_keys(at: datetime, name: str, id_: UUID) -> None:
    text = cursor("ORDER", at, name, id_)
    assert text.isascii()
    assert _read(text) == [at, name, id_]


@given(MOMENTS, NAMES, st.uuids())
def test_another_lists_cursor_is_refused(at: datetime, name: str, id_: UUID) -> None:
    for text in (cursor("OTHER", at, name, id_), cursor("ORDER", at, id_)):
        with pytest.raises(BadRequest, match="cursor"):
            _read(text)


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_rubbish_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(BadRequest, match="cursor"):
        _read(text)


@pytest.mark.parametrize(
    "inside",
    [b"null", b"[]", b"{}", b"[1]", b'"ORDER"', b'["ORDER"]', b'["ORDER",null,1,2]'],
)
def test_json_of_another_shape_is_refused(inside: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        _read(base64.urlsafe_b64encode(inside).decode())
    assert refused.value.message == NOT_A_CURSOR


@pytest.mark.parametrize("values", [("soon", "a", "b"), ("2026-01-01T00:00:00Z", "a", "b"), (1, 2)])
def test_keys_of_another_type_are_refused(values: tuple[Any, ...]) -> None:
    with pytest.raises(BadRequest):
        _read(cursor("ORDER", *values))


@pytest.mark.parametrize(
    ("load", "value"),
    [
        (finite, "nan"),
        (finite, float("inf")),
        (finite, 3),
        (moment, "2026-01-01T00:00:00"),
        (moment, 5),
        (whole, True),
        (whole, 3.0),
        (whole, "٣"),
        (words, ["x"]),
        (words, "a\0"),
    ],
)
def test_a_forged_key_is_refused(load: Callable[[Any], Any], value: object) -> None:
    key = Key(column("forged"), Text(), load)
    (read,) = readers("ORDER", [key])
    with pytest.raises(BadRequest, match="cursor"):
        read(cursor("ORDER", value))


def test_a_number_is_no_id() -> None:
    (read,) = readers("ORDER", [Key(column("id"), Uuid(), UUID)])
    with pytest.raises(BadRequest, match="cursor"):
        read(cursor("ORDER", 5))
