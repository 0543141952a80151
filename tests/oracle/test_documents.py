"""The random documents: all valid, and of the whole schema."""

from random import Random
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    validate,
    visit,
)

from api.graph.schema import make_schema
from schema.words import Audience
from tests.oracle.documents import Writer
from tests.oracle.genes import BREADTHS, Gene
from tests.oracle.pools import Pools

SCHEMA = make_schema()._schema
POOLS = Pools(["offer_1", "council_E07000178"], {"NAME": ["WyJOQU1FIl0="]})


class _Fields(Visitor):
    """Collects the fields and arguments that a document asks for, by the type they are of."""

    def __init__(self, types: TypeInfo, found: set[tuple[str, str]]) -> None:
        super().__init__()
        self.types = types
        self.found = found

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self.types.get_parent_type()
        assert parent is not None
        self.found.add((parent.name, node.name.value))
        self.found.update((parent.name, f"({given.name.value})") for given in node.arguments or ())


def _gene(random: Random, level: int = 0) -> Gene:
    breadth = BREADTHS[level] if level < len(BREADTHS) else 0
    below = tuple(_gene(random, level + 1) for _ in range(random.randint(level < 3, breadth)))
    return Gene(random.randbytes(6), random.randbytes(24 * random.randint(0, 1)), below)


@pytest.mark.no_cover  # a third of its time, for lines that other tests run
def test_documents_are_valid_and_ask_for_everything() -> None:
    found: set[tuple[str, str]] = set()
    random = Random(1)
    for _ in range(400):
        document = parse(Writer(SCHEMA, POOLS, Audience.ADMIN).request(_gene(random)).document)
        assert validate(SCHEMA, document) == []
        types = TypeInfo(SCHEMA)
        visit(document, TypeInfoVisitor(types, _Fields(types, found)))
    query = SCHEMA.query_type
    assert query is not None
    assert {name for owner, name in found if owner == query.name} >= set(query.fields)
    assert {owner for owner, _ in found} == _reached(query, set())
    for owner, name in sorted(found):
        type_ = SCHEMA.type_map[owner]
        assert isinstance(type_, GraphQLInterfaceType | GraphQLObjectType)
        if name in type_.fields:
            assert {(owner, f"({argument})") for argument in type_.fields[name].args} <= found


def _reached(type_: GraphQLNamedType, known: set[str]) -> set[str]:
    if isinstance(type_, GraphQLInterfaceType | GraphQLObjectType) and type_.name not in known:
        known.add(type_.name)
        for field in type_.fields.values():
            _reached(get_named_type(field.type), known)
    return known
