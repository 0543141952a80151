"""Values as documents write them, and the variables that stand for them."""

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
)

from tests.oracle.genes import Tape
from tests.oracle.pools import Pools

_POINT = ("postcodeDistrict", "latitude", "longitude")


class Word(str):
    """A value of an enum."""

    __slots__ = ()


class Variable(str):
    """A variable's name."""

    __slots__ = ()


@dataclass
class Values:
    """Makes values, and keeps the variables that were declared for them."""

    pools: Pools
    declared: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    again: dict[str, Any] = field(default_factory=dict)
    _usable: dict[tuple[str, str], Variable] = field(default_factory=dict)

    def of(
        self,
        name: str,
        place: GraphQLArgument | GraphQLInputField,
        tape: Tape,
        order: str,
        *,
        is_constant: bool = False,
    ) -> Any:
        """A value for an argument or input field; `order` is what a cursor should be of."""
        if not is_constant and tape.choose(8) > 4:
            return self.variable(name, place.type, tape, order, has_default=has_default(place))
        return self._plain(name, place.type, tape, order, is_constant=is_constant)

    def condition(self, tape: Tape) -> str:
        """What @skip or @include asks, as written."""
        says, way = tape.choose(2) == 1, tape.choose(4)
        if way == 0:
            return json.dumps(says)
        if way == 1:
            # The default alone decides.
            return f"${self._new(f'Boolean = {json.dumps(says)}')}"
        variable = self._new("Boolean!" if way == 2 else f"Boolean! = {json.dumps(not says)}")
        self.given[variable] = says
        self.again[variable] = not says
        return f"${variable}"

    def sent(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is sent with the document, and what else may be sent with the same one."""
        first = {str(name): value for name, value in self.given.items()}
        return first, {**first, **{str(name): value for name, value in self.again.items()}}

    def variable(
        self, name: str, type_: GraphQLInputType, tape: Tape, order: str, *, has_default: bool
    ) -> Any:
        """A variable for this place, declared in one of the ways that are valid there."""
        known = self._usable.get((name, str(type_)))
        if known is not None and tape.is_once_in(4):
            return known
        value = self._plain(name, type_, tape, order, is_constant=True)
        exact, loose = str(type_), str(type_).removesuffix("!")
        way = tape.choose(7)
        if way in (2, 3) and value is not None:
            # A default that isn't null makes a nullable variable good for any place.
            variable = self._new(f"{loose} = {written(value)}")
            if way == 3:
                self.given[variable] = self._plain(name, type_, tape, order, is_constant=True)
                self.again[variable] = value
            return variable
        if way in (4, 5) and (exact == loose or has_default):
            variable = self._new(loose)
            if way == 5:
                self.given[variable] = value
            return variable
        if way == 6 and (exact == loose or (has_default and tape.is_once_in(4))):
            variable = self._new(loose)
            self.given[variable] = None
            self.again[variable] = value
            return variable
        variable = self._new(loose + "!" if way == 1 and value is not None else exact)
        self.given[variable] = value
        other = self._plain(name, type_, tape, order, is_constant=True)
        self.again[variable] = value if other is None and way == 1 else other
        self._usable[name, exact] = variable
        return variable

    def _new(self, declaration: str) -> Variable:
        variable = Variable(f"v{len(self.declared) + 1}")
        self.declared[variable] = declaration
        return variable

    def _plain(
        self, name: str, type_: GraphQLInputType, tape: Tape, order: str, *, is_constant: bool
    ) -> Any:
        if isinstance(type_, GraphQLNonNull):
            inner = type_.of_type
        elif tape.is_once_in(24):
            return None
        else:
            inner = type_
        if isinstance(inner, GraphQLList):
            return self._list(name, inner, tape, order, is_constant=is_constant)
        if isinstance(inner, GraphQLInputObjectType):
            return self._object(inner, tape, order, is_constant=is_constant)
        if isinstance(inner, GraphQLEnumType):
            words = list(inner.values)
            return Word(words[tape.choose(len(words))])
        if name == "after":
            return self.pools.cursor(order, tape)
        return self.pools.value(name, inner.name, tape)

    def _list(
        self, name: str, type_: GraphQLList[Any], tape: Tape, order: str, *, is_constant: bool
    ) -> Any:
        items = []
        for _ in range((1, 2, 3, 0)[tape.choose(4)]):
            if not is_constant and tape.is_once_in(6):
                items.append(self.variable(name, type_.of_type, tape, order, has_default=False))
            else:
                items.append(self._plain(name, type_.of_type, tape, order, is_constant=is_constant))
        # A single value stands for a list of one; a variable of one does not.
        is_single = len(items) == 1 and not isinstance(items[0], Variable)
        return items[0] if is_single and tape.is_once_in(4) else items

    def _object(
        self, type_: GraphQLInputObjectType, tape: Tape, order: str, *, is_constant: bool
    ) -> dict[str, Any]:
        left_out = self._left_out(type_, tape)
        rarity = 2 if left_out else max(2, len(type_.fields) * 2 // 3)
        return {
            name: self.of(name, part, tape, order, is_constant=is_constant)
            for name, part in type_.fields.items()
            if name not in left_out
            and (
                is_required(part)
                or name in _POINT
                # Much depends on it: an order, a field and how the rows are found.
                or tape.is_once_in(2 if name == "near" else rarity)
            )
        }

    def _left_out(self, type_: GraphQLInputObjectType, tape: Tape) -> tuple[str, ...]:
        # `near` takes one of two ways to say where; any other mixture is an error.
        if type_.name != "Near" or tape.is_once_in(12):
            return ()
        return _POINT[:1] if tape.choose(2) else _POINT[1:]


def has_default(place: GraphQLArgument | GraphQLInputField) -> bool:
    """Whether a place may go without a value although null won't do."""
    return place.default is not None or place.default_value is not Undefined


def is_required(place: GraphQLArgument | GraphQLInputField) -> bool:
    """Whether a place must have a value."""
    return isinstance(place.type, GraphQLNonNull) and not has_default(place)


def written(value: Any) -> str:
    """A value as a document writes it."""
    if isinstance(value, Variable):
        return f"${value}"
    if isinstance(value, Word):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(written(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {written(each)}" for name, each in value.items()) + "}"
    return json.dumps(value)
