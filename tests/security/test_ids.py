"""Another's id answers as one that never was, wherever an id or a council's code can be put."""

import itertools
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
)

from api.graph.schema import make_schema
from schema.types.reads import METADATA
from schema.words import Audience
from tests.conftest import OXFORD, OXFORDSHIRE
from tests.security.documents import Writer
from tests.security.world import HARBOUR, Rows, World

pytestmark = pytest.mark.no_cover  # other tests run the same lines, and measuring takes a third

SCHEMA = make_schema()._schema
# Councils are public, and so are their open offers: no code of one is hidden there.
PUBLIC = {"availability", "council", "councils", "fundingFor", "recordConsent", "supportGuide"}
OPEN_TO_CHARITIES = {"offers"}
# Releases of reports are nobody's own.
UNOWNED = {"report"}
ASKERS = (f"council:{OXFORD}", f"council:{OXFORDSHIRE}", HARBOUR)
# Commands that name no row of a council's or a charity's.
ABOUT_NO_ROW = {"publishRouteFact", "submitRequest"}


@dataclass(frozen=True)
class Position:
    """A place for an id: in which field's arguments, and how to get there."""

    kind: str
    field: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((self.field, *self.path))


def _places(name: str, type_: GraphQLInputType, *path: str) -> Iterator[tuple[str, ...]]:
    inner = get_nullable_type(type_)
    if isinstance(inner, GraphQLInputObjectType):
        for part, declared in inner.fields.items():
            yield from _places(part, declared.type, *path, name)
    elif get_named_type(type_).name == "ID" or name in ("gssCode", "gssCodes"):
        yield (*path, name)


def _positions() -> Iterator[Position]:
    for kind, root in (("query", SCHEMA.query_type), ("mutation", SCHEMA.mutation_type)):
        assert root is not None
        for field, declared in root.fields.items():
            if field in UNOWNED:
                continue
            for name, argument in declared.args.items():
                for path in _places(name, argument.type):
                    if "gssCode" not in path[-1] or field not in PUBLIC:
                        yield Position(kind, field, path)


POSITIONS = list(_positions())


def _field(position: Position) -> GraphQLField:
    root = SCHEMA.query_type if position.kind == "query" else SCHEMA.mutation_type
    assert root is not None
    found: GraphQLField = root.fields[position.field]
    return found


def _may_ask(who: str, declared: GraphQLField) -> bool:
    reads = declared.extensions["strawberry-definition"].metadata[METADATA]
    return Audience(who.partition(":")[0].upper()) in reads.audiences


def _document(position: Position, rows: Rows) -> tuple[str, dict[str, Any], str]:
    """The field with everything of one owner's: the document, its variables, where the id goes."""
    declared = _field(position)
    writer = Writer(SCHEMA, rows)
    called = writer.called(declared, position.field)
    target = get_named_type(declared.type)
    below = "__typename"
    if isinstance(target, GraphQLObjectType) and "problems" in target.fields:
        below = "problems { code message path }"
    elif isinstance(target, GraphQLObjectType) and "totalCount" in target.fields:
        below = "totalCount pageInfo { hasNextPage startCursor endCursor } nodes { __typename }"
    given = called[len(position.field) :].strip("()").split(", ")
    variables = dict(each.split(": $") for each in given)
    document = writer.document(f"{called} {{ {below} }}", position.kind)
    return document, writer.variables, variables[position.path[0]]


def _put(variables: Mapping[str, Any], name: str, path: tuple[str, ...], value: str) -> Any:
    """The variables with another id at the position."""
    found = json.loads(json.dumps(variables))
    if len(path) == 1:
        found[name] = value
        return found
    place = found[name]
    for part in path[1:-1]:
        place = place[part]
    place[path[-1]] = [value] if path[-1].endswith("s") else value
    return found


def _ids(position: Position, theirs: Rows) -> tuple[list[str], list[str]]:
    """Ids that are another's; and those that nobody has, or that are of another type."""
    if "gssCode" in position.path[-1]:
        return [theirs.gss], ["E09999999"]
    kinds = ("allocation", "breakglass", "check", "match", "offer", "request")
    foreign = [getattr(theirs, kind) for kind in kinds]
    nobodys = [f"{kind}_{uuid.uuid4()}" for kind in kinds]
    return foreign, [*nobodys, "nothing", "offer_", "offer_1", "9" * 100]


@pytest.mark.parametrize("who", ASKERS)
async def test_anothers_id_answers_as_a_random_one(world: World, who: str) -> None:
    ours, theirs = world.own["ours"], world.own["theirs"]
    await world.hearth.heard()  # all that was to be sent is noted as sent
    before = await world.fingerprint()
    asked = 0
    for position in POSITIONS:
        if not _may_ask(who, _field(position)):
            continue
        if who == HARBOUR and position.field in OPEN_TO_CHARITIES:
            continue
        document, variables, name = _document(position, ours)
        foreign, nobodys = _ids(position, theirs)
        answers = {}
        for value in (*foreign, *nobodys):
            sent = _put(variables, name, position.path, value)
            answer = await world.hearth.post(document, sent, who)
            answers[value] = answer.text.replace(value, "what was asked for")
        assert len(set(answers.values())) == 1, f"{position}: {answers}"
        asked += 1
    assert asked > 8
    after = await world.fingerprint()
    changed = {name for name in after if after[name] != before[name]}
    assert not {name for name in changed if not name.startswith("audit")}, changed


def test_every_command_on_a_row_is_tried() -> None:
    assert SCHEMA.mutation_type is not None
    without = set(SCHEMA.mutation_type.fields) - {position.field for position in POSITIONS}
    assert without <= ABOUT_NO_ROW, f"{without}: by which id is it said what they are about?"


async def test_a_try_at_anothers_row_is_noted_as_one_at_nobodys(world: World) -> None:
    document = """
        mutation ($id: ID!) { closeOffer(id: $id, expectedVersion: 1, reason: "x") {
            problems { code }
        } }"""
    ids = [world.own["theirs"].offer, f"offer_{uuid.uuid4()}"]
    for each in ids:
        await world.hearth.data(document, {"id": each}, f"council:{OXFORD}")
    rows = await world.owner.fetch(
        "SELECT 'offer_' || subject_id AS id, command, council_gss, subject_type, changes, summary "
        "FROM audit_event WHERE summary LIKE 'refused: %' ORDER BY at, id"
    )
    assert [row["id"] for row in rows] == ids
    same = [{name: value for name, value in row.items() if name != "id"} for row in rows]
    assert same[0] == same[1]
    assert (same[0]["command"], same[0]["council_gss"]) == ("closeOffer", OXFORD)


@pytest.mark.parametrize("kind", ["offer", "request", "match", "check"])
async def test_a_stranger_learns_nothing_from_an_id(world: World, kind: str) -> None:
    document = "query ($id: ID!) { node(id: $id) { id } offer(id: $id) { id } }"
    ids = [getattr(world.own["theirs"], kind), f"{kind}_{uuid.uuid4()}"]
    for who, each in itertools.product(("public", "liaison"), ids):
        answer = await world.hearth.post(document, {"id": each}, who)
        assert answer.content == b'{"data":{"node":null,"offer":null}}'
