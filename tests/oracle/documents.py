"""Random valid documents over the whole schema, written out from a tree of choices.

Fields merge only where they are the same: each response key stands for one field, one list of
arguments and one type in the whole document. So every document is valid, whatever meets in it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from schema.types.reads import METADATA
from schema.words import Audience
from tests.oracle.genes import Gene, Tape
from tests.oracle.pools import Pools
from tests.oracle.values import Values, is_required, written

DECLARATION = "strawberry-definition"
Composite = GraphQLInterfaceType | GraphQLObjectType


@dataclass(frozen=True)
class Request:
    """A document and what is sent with it."""

    document: str
    variables: Mapping[str, Any]
    operation_name: str | None
    others: Mapping[str, Any] | None = None

    def again(self) -> "Request | None":
        """The same document with other variables, which a plan that was kept must serve too."""
        if self.others is None or self.others == self.variables:
            return None
        return replace(self, variables=self.others, others=None)

    def __str__(self) -> str:
        variables = json.dumps(dict(self.variables), ensure_ascii=False)
        return f"{self.document}\nvariables: {variables}\noperation: {self.operation_name}"


@dataclass(frozen=True)
class Asked:
    """A field as asked for once already: it may be asked for again, and merges."""

    start: str
    target: Composite | None


@dataclass
class Writer:
    """Writes one document."""

    schema: GraphQLSchema
    pools: Pools
    audience: Audience
    _keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _asked: dict[str, list[Asked]] = field(default_factory=dict)
    _fragments: dict[str, list[str]] = field(default_factory=dict)
    _definitions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._values = Values(self.pools)

    def request(self, gene: Gene) -> Request:
        """The document of a gene, with its variables."""
        tape = Tape(gene.head)
        query = self.schema.query_type
        assert query is not None
        selected = self._set(query, gene.below)
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self._values.declared.items())
        is_named, is_one_of_two = tape.choose(2) == 1, tape.is_once_in(8)
        start = "query Asked" if is_named or is_one_of_two else "query" if declared else ""
        parts = [f"{start}({declared}) {selected}" if declared else f"{start} {selected}"]
        if is_one_of_two:
            parts.append("query Other { __typename }")
        parts = [*self._definitions, *parts] if tape.choose(2) else [*parts, *self._definitions]
        name = "Asked" if is_one_of_two or (is_named and tape.choose(2)) else None
        first, again = self._values.sent()
        return Request("\n".join(parts).strip(), first, name, again)

    def _set(self, type_: Composite, genes: Sequence[Gene]) -> str:
        return "{ " + " ".join(self._selection(type_, gene) for gene in genes) + " }"

    def _selection(self, type_: Composite, gene: Gene) -> str:
        tape = Tape(gene.head)
        kind, pick, mark = tape.choose(16), tape.choose(64), tape.choose(16)
        condition = self._condition(Tape(gene.arguments[::-1])) if mark > 12 else ""
        if gene.below and kind == 12:
            return f"...{condition} {self._set(type_, gene.below)}"
        if gene.below and (kind == 13 or isinstance(type_, GraphQLInterfaceType)):
            narrowed = self._narrowed(type_, pick)
            return f"... on {narrowed.name}{condition} {self._set(narrowed, gene.below)}"
        if gene.below and kind == 14:
            return f"...{self._fragment(self._narrowed(type_, pick), gene, tape)}{condition}"
        earlier = self._asked.get(type_.name)
        if kind == 15 and earlier:
            again = earlier[pick % len(earlier)]
            if again.target is None:
                return again.start + condition
            return f"{again.start}{condition} {self._set(again.target, gene.below or (Gene(),))}"
        return self._field(type_, gene, pick, tape, condition)

    def _condition(self, tape: Tape) -> str:
        name = "include" if tape.choose(2) else "skip"
        return f" @{name}(if: {self._values.condition(tape)})"

    def _narrowed(self, type_: Composite, pick: int) -> Composite:
        if isinstance(type_, GraphQLInterfaceType):
            possible: list[Composite] = [*self.schema.get_possible_types(type_), type_]
        else:
            possible = [type_, *type_.interfaces]
        return possible[pick % len(possible)]

    def _fragment(self, type_: Composite, gene: Gene, tape: Tape) -> str:
        known = self._fragments.setdefault(type_.name, [])
        if known and tape.choose(3) == 2:
            return known[tape.choose(len(known))]
        # Only a fragment that is complete may be spread, or it might spread itself.
        selected = self._set(type_, gene.below)
        name = f"F{len(self._definitions) + 1}"
        self._definitions.append(f"fragment {name} on {type_.name} {selected}")
        known.append(name)
        return name

    def _field(self, type_: Composite, gene: Gene, pick: int, tape: Tape, condition: str) -> str:
        leaves, branches = self._fields(type_, rarely=pick > 60)
        below = gene.below
        if below and not branches:
            below = ()
        if not below and not leaves and branches:
            below = (Gene(),)
        names = branches if below else [*leaves, "__typename"]
        name = names[pick % len(names)]
        if name == "__typename":
            return self._key(name, "", "String!", tape) + name + condition
        declared = type_.fields[name]
        arguments = self._arguments(declared, Tape(gene.arguments))
        start = self._key(name, arguments, str(declared.type), tape) + name + arguments
        target = get_named_type(declared.type)
        found = target if isinstance(target, Composite) else None
        self._asked.setdefault(type_.name, []).append(Asked(start, found))
        return start + condition + (f" {self._set(found, below)}" if found else "")

    def _fields(self, type_: Composite, *, rarely: bool) -> tuple[list[str], list[str]]:
        """Names of fields without and with a selection; those forbidden here come up rarely."""
        leaves: list[str] = []
        branches: list[str] = []
        for name, declared in type_.fields.items():
            reads = declared.extensions[DECLARATION].metadata.get(METADATA)
            if reads and self.audience not in reads.audiences and not rarely:
                continue
            if is_leaf_type(get_named_type(declared.type)):
                # What is worked out or has arguments is asked for more often than a column.
                leaves += [name] * (3 if reads or declared.args else 1)
            else:
                branches.append(name)
        return leaves, sorted(
            branches, key=lambda name: any(map(is_required, type_.fields[name].args.values()))
        )

    def _key(self, name: str, arguments: str, type_: str, tape: Tape) -> str:
        """An alias where one is wanted, or where the name means something else elsewhere."""
        meaning = (name, arguments, type_)
        wanted = ("", "", "", "a", "b")[tape.choose(5)]
        key, number = wanted or name, 1
        while self._keys.setdefault(key, meaning) != meaning:
            number += 1
            key = f"{wanted or name}{number}"
        return "" if key == name else f"{key}: "

    def _arguments(self, declared: GraphQLField, tape: Tape) -> str:
        given: dict[str, Any] = {}
        for name, argument in declared.args.items():
            # asOf and at exclude each other; both now and then.
            is_second = name == "at" and "asOf" in given
            rarity = 24 if is_second else 2
            if is_required(argument) or tape.is_once_in(rarity):
                order = given.get("orderBy") or _order_of(declared)
                if str(order) in self._values.given:
                    order = self._values.given[str(order)]
                given[name] = self._values.of(name, argument, tape, str(order))
        if not given:
            return ""
        return "(" + ", ".join(f"{name}: {written(value)}" for name, value in given.items()) + ")"


def _order_of(declared: GraphQLField) -> str:
    names = {
        "BreakGlassConnection": "BREAK_GLASSES",
        "ChangeConnection": "HISTORY",
        "CouncilConnection": "NAME",
        "MatchConnection": "MATCHES",
        "SupportRequestConnection": "REQUESTS",
    }
    return names.get(get_named_type(declared.type).name, "RECENTLY_UPDATED")
