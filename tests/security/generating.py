"""Requests that nobody would send: any field with any arguments, well-formed, odd or hostile.

All follow from a seed. Values go by their types, from ids that there are to text that is none.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from tests.oracle.values import is_required

Composite = GraphQLInterfaceType | GraphQLObjectType
DEEPEST = 3
ODD = 0.04
"""How often a value is not of its type, or left out though it is required."""

NUMBERS = (0, 1, 2, 3, 7, 18, 100, 101, -1, -(2**31), 2**31 - 1, 2**31, 2**53, 1.5)
TEXTS = (
    *("", " ", "a", "hosting", "OX4", "OX4 1AB", "UKR", "E07000178", "homes-for-ukraine", "uk"),
    *("2026-10", "2026-W43", "2026-02-30", "0001-01-01", "9999-12-31", "2026-06-01"),
    *("2026-06-01T12:00:00Z", "2026-06-01T12:00:00+15:00", "{}", '{"status": "OPEN"}', "null"),
    *("'; DROP TABLE offer; --", "%", "_", "\\", "${1}", "{0}", "<script>", "=cmd|' /C calc'!A0"),
    *("\0", "\ud800", "\u202eevil", "\u200b", "e\u0301", "\r\nset-cookie: a=b"),
    *("🏠" * 50, "x" * 20_001, "Олена", "عائشة", "NaN", "1e400", "-0", "../../etc/passwd"),
    *("offer_", "request_0", "bm90aGluZw=="),
)


@dataclass
class Generating:
    """Makes requests from a seed over a schema; `ids` are of rows that there are."""

    schema: GraphQLSchema
    ids: Sequence[str]
    chosen: random.Random
    _declared: dict[str, str] = field(default_factory=dict)
    _given: dict[str, Any] = field(default_factory=dict)

    def request(self) -> tuple[str, Mapping[str, Any]]:
        """A document of one operation, and its variables."""
        self._declared, self._given = {}, {}
        is_command = self.chosen.random() < 0.6
        root = self.schema.mutation_type if is_command else self.schema.query_type
        assert root is not None
        names = self.chosen.sample(sorted(root.fields), 1 if is_command else 2)
        selected = " ".join(self._field(name, root.fields[name], DEEPEST) for name in names)
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self._declared.items())
        operation = "mutation" if is_command else "query"
        return f"{operation}{f'({declared})' if declared else ''} {{ {selected} }}", self._given

    def _field(self, name: str, declared: GraphQLField, depth: int) -> str:
        arguments = ", ".join(
            f"{argument}: {self._variable(argument, place)}"
            for argument, place in declared.args.items()
            if is_required(place) or self.chosen.random() < 0.5
        )
        target = get_named_type(declared.type)
        below = (
            f" {{ {self._selection(target, depth - 1)} }}" if isinstance(target, Composite) else ""
        )
        return f"{name}{f'({arguments})' if arguments else ''}{below}"

    def _selection(self, target: Composite, depth: int) -> str:
        found = ["__typename"]
        for name in self.chosen.sample(sorted(target.fields), min(4, len(target.fields))):
            declared = target.fields[name]
            if not isinstance(get_named_type(declared.type), Composite):
                found.append(
                    f"{name}_: {self._field(name, declared, 0)}" if declared.args else name
                )
            elif depth > 0:
                found.append(self._field(name, declared, depth))
        return " ".join(found)

    def _variable(self, name: str, place: GraphQLArgument) -> str:
        variable = f"v{len(self._declared)}"
        self._declared[variable] = str(place.type)
        self._given[variable] = self._value(name, place.type)
        return f"${variable}"

    def _value(self, name: str, type_: GraphQLInputType) -> Any:
        if self.chosen.random() < ODD:
            return self.chosen.choice((None, [], {}, [None], True, *NUMBERS, *TEXTS))
        if isinstance(type_, GraphQLNonNull):
            return self._value(name, type_.of_type)
        if isinstance(type_, GraphQLList):
            length = 251 if self.chosen.random() < ODD else self.chosen.randrange(4)
            return [self._value(name, type_.of_type) for _ in range(length)]
        if isinstance(type_, GraphQLEnumType):
            return self.chosen.choice(sorted(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return {
                inner: self._value(inner, place.type)
                for inner, place in type_.fields.items()
                if self.chosen.random() < (1 - ODD if is_required(place) else 0.4)
            }
        return self._leaf(type_.name)

    def _leaf(self, type_: str) -> Any:
        if type_ == "Boolean":
            return self.chosen.random() < 0.5
        if type_ in ("Float", "Int"):
            return self.chosen.choice(NUMBERS)
        if type_ == "ID" and self.chosen.random() < 0.8:
            return self.chosen.choice(self.ids)
        if type_ in ("Date", "DateTime") and self.chosen.random() < 0.7:
            return "2026-06-01" if type_ == "Date" else "2026-06-01T12:00:00Z"
        return self.chosen.choice(TEXTS)
