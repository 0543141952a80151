"""Variables: what plainly fits is converted as graphql-core would, and everything else by it."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLScalarType,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    parse,
)
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from api.graph.schema import make_schema
from api.reading.limits import LONGEST_STRING, MOST_LISTED
from api.reading.variables import Coerce, coercer
from schema.refusals import BadRequest

SCHEMA = make_schema()._schema
TYPES = (
    "Boolean",
    "Boolean!",
    "Float",
    "ID!",
    "Int",
    "Int! = 20",
    "String",
    "[String!]",
    "[[Int]!]",
    "Date",
    "DateTime",
    "OfferOrder! = SOONEST",
    "[OfferStatus!]",
    "Near",
    "AvailabilityFilter",
)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**33), 2**33),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["OPEN", "SOONEST", "NEAREST", "2026-02-29", "2026-03-01", "OX4"]),
)
FIELDS = ("postcodeDistrict", "latitude", "withinKm", "near", "kinds", "minimumPlaces", "nope")
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(TYPES), VALUES, st.booleans())
def test_as_graphql_core_does(type_: str, value: Any, is_given: bool) -> None:
    (operation,) = parse(f"query ($v: {type_}) {{ __typename }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    given_ = {"v": value} if is_given else {}
    expected = get_variable_values(SCHEMA, operation.variable_definitions or (), given_)
    coerce = coercer(SCHEMA, operation)
    if isinstance(expected, list):
        with pytest.raises(BadRequest):
            coerce(given_)
    else:
        # By their text, in which not-a-number is itself.
        assert repr(coerce(given_)) == repr(expected.coerced)


def _longest_and_longer() -> Iterator[tuple[str, str, Any, Any]]:
    # Every list and scalar that any input of the schema takes, with the longest and one too long.
    for type_ in SCHEMA.type_map.values():
        if not isinstance(type_, GraphQLInputObjectType):
            continue
        for name, field in type_.fields.items():
            listed = isinstance(get_nullable_type(field.type), GraphQLList)
            if isinstance(get_named_type(field.type), GraphQLScalarType) or listed:
                item: Any = [None] if listed else "x"
                most = MOST_LISTED if listed else LONGEST_STRING
                yield type_.name, name, item * most, item * (most + 1)


def test_no_list_or_string_is_longer_than_any_input_may_be() -> None:
    for type_, name, longest, longer in _longest_and_longer():
        (operation,) = parse(f"query ($v: {type_}) {{ __typename }}").definitions
        assert isinstance(operation, OperationDefinitionNode)
        coerce = coercer(SCHEMA, operation)
        where = f"The variable at '$v.{name}' has {len(longer)} "
        assert _refusal(coerce, {"v": {name: longer}}).startswith(where)
        assert "the limit is" not in _refusal(coerce, {"v": {name: longest}})


def _refusal(coerce: Coerce, given_: dict[str, Any]) -> str:
    try:
        coerce(given_)
    except BadRequest as refusal:
        return refusal.message
    return ""
