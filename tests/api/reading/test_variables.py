"""Variables: what plainly fits is converted as graphql-core would, and everything else by it."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from api.graph.schema import make_schema
from api.reading.variables import coercer
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
