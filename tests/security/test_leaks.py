"""What others own changes nothing of what one is answered: no count, order, search or error."""

import uuid
from collections.abc import Iterator

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type, is_leaf_type

from api.graph.schema import make_schema
from schema.types.reads import METADATA
from schema.words import Audience, OfferOrder
from tests.api.requests.asking import CONTACT, move, propose, submit
from tests.conftest import CAMBRIDGE, OXFORD, Hearth
from tests.security.documents import Way, Writer
from tests.security.test_visibility import PERSONAL
from tests.security.world import HARBOUR, Rows, World

pytestmark = pytest.mark.no_cover  # other tests run the same lines, and measuring takes a third

SCHEMA = make_schema()._schema
DEEPEST = 3
ASKERS = ("public", HARBOUR, f"council:{OXFORD}")
# Types whose rows are somebody's; where a way passes another's it must come to nothing.
OWNED = PERSONAL | {"Change", "Check", "Facet", "Offer"}
# What no input may say: whose a row is, what one may do, and what follows from other rows.
NOBODYS_TO_SAY = {
    "audience",
    "councilGss",
    "councilId",
    "createdAt",
    "held",
    "isDisabled",
    "memberId",
    "organisationId",
    "ownerGss",
    "proposedBy",
    "role",
    "scopes",
    "submittedBy",
    "taken",
    "version",
}


def _may_ask(audience: Audience, type_: GraphQLObjectType, name: str) -> bool:
    reads = type_.fields[name].extensions["strawberry-definition"].metadata.get(METADATA)
    return not reads or audience in reads.audiences


def _ways(audience: Audience) -> Iterator[tuple[Way, GraphQLObjectType]]:
    """The ways that an audience may take to somebody's rows, no type twice on one."""
    query = SCHEMA.query_type
    assert query is not None
    waiting: list[tuple[Way, GraphQLObjectType, frozenset[str]]] = []
    for name, declared in query.fields.items():
        target = get_named_type(declared.type)
        if _may_ask(audience, query, name) and isinstance(target, GraphQLObjectType):
            waiting.append((Way(name), target, frozenset({target.name})))
    while waiting:
        way, type_, passed = waiting.pop()
        if type_.name in OWNED:
            yield way, type_
        for name, declared in type_.fields.items():
            below = get_named_type(declared.type)
            if (
                isinstance(below, GraphQLObjectType)
                and below.name not in passed
                and len(way.steps) < DEEPEST
                and name != "contact"  # each look is noted, and shown from then on
                and _may_ask(audience, type_, name)
            ):
                longer = Way(way.root, (*way.steps, name))
                waiting.append((longer, below, passed | {below.name}))


def _documents(audience: Audience, rows: Rows) -> Iterator[tuple[str, dict[str, object]]]:
    for way, type_ in _ways(audience):
        leaves = [
            name
            for name, declared in type_.fields.items()
            if is_leaf_type(get_named_type(declared.type)) and _may_ask(audience, type_, name)
        ]
        writer = Writer(SCHEMA, rows)
        text = writer.along(way, writer.chosen(type_, leaves) if leaves else "__typename")
        yield writer.document(text), writer.variables


def _searches(world: World, audience: Audience) -> Iterator[tuple[str, dict[str, object]]]:
    page = "totalCount pageInfo { hasNextPage endCursor } nodes { id }"
    facets = "facets { byKind { offers places } byRegion { offers } byRoute { offers } }"
    for order in OfferOrder:
        near = 'near: { postcodeDistrict: "OX4", withinKm: 2000 }'
        for word in ("apart", "theirs", "room"):
            given = f'filter: {{ search: "{word}", {near} }}, orderBy: {order}'
            yield f"{{ availability({given}) {{ {page} {facets} }} }}", {}
            if order is not OfferOrder.NEAREST:
                given = f'filter: {{ search: "{word}" }}, orderBy: {order}, first: 1'
                yield f"{{ offers({given}) {{ {page} {facets} }} }}", {}
    if audience in (Audience.CHARITY, Audience.COUNCIL):
        reference = world.own["theirs"].reference
        for part in (reference, reference[3:6], "%", "_"):
            document = "query ($part: String) { requests(filter: { search: $part }) { %s } }"
            yield document % page, {"part": part}


@pytest.mark.parametrize("who", ASKERS)
async def test_rows_of_others_change_no_answer(world: World, who: str) -> None:
    """Every way through the schema is asked, with theirs there and with theirs gone."""
    audience = Audience(who.partition(":")[0].upper())
    asked = [
        *_documents(audience, world.own["ours"]),
        *_documents(audience, world.own["theirs"]),
        *_searches(world, audience),
    ]
    assert len(asked) > 50
    before = [(await world.hearth.post(*each, who)).text for each in asked]
    theirs = world.own["theirs"]
    secrets = [uuid.UUID(each.partition("_")[2]) for each in vars(theirs).values() if "_" in each]
    patterns = ", ".join(f"'%{each}%'" for each in secrets)
    for table in world.tables:
        await world.put(f"DELETE FROM {table} AS row WHERE row::text LIKE ANY(ARRAY[{patterns}])")
    world.hearth.service.answers.drop()  # or the public would be told what was kept
    for each, text in zip(asked, before, strict=True):
        assert (await world.hearth.post(*each, who)).text == text, each
        assert "theirs apart" not in text
        assert "theirs matched" not in text


def test_no_input_says_whose_a_row_is() -> None:
    inputs = [each for each in SCHEMA.type_map.values() if isinstance(each, GraphQLInputObjectType)]
    assert len(inputs) > 10
    for each in inputs:
        assert not NOBODYS_TO_SAY & set(each.fields), each.name


async def test_what_no_input_says_is_refused(hearth: Hearth) -> None:
    offer = {"kind": "hosting", "title": "Room", "placesTotal": 1}
    document = (
        "mutation ($input: CreateOfferInput!) { createOffer(input: $input) { offer { id } } }"
    )
    for name in ("councilGss", "status", "version"):
        given = {"input": {**offer, name: CAMBRIDGE}}
        assert await hearth.code(document, given, f"council:{OXFORD}") == "BAD_REQUEST"


async def test_a_case_that_went_to_another_council(hearth: Hearth) -> None:
    """Who declined keeps the need; who has the match now sees the name; both are on record."""
    first, second = f"council:{OXFORD}", f"council:{CAMBRIDGE}"
    request = await submit(hearth, consents=["MATCHING", "SHARE_WITH_COUNCIL"])
    offers = [await hearth.open(first), await hearth.open(second)]
    match = (await propose(hearth, request, offers[0]["id"], first))["match"]["id"]
    assert (await hearth.data(CONTACT, {"id": request}, second))["request"]["household"] == {
        "contact": None
    }
    await move(hearth, "declineMatch", match, first, "reason: TOO_FAR")
    await propose(hearth, request, offers[1]["id"], second)
    asked = "query ($id: ID!) { request(id: $id) { household { size contact { name } }"
    asked += " matches { offer { id } } } }"
    left = (await hearth.data(asked, {"id": request}, first))["request"]
    assert left["household"] == {"size": 2, "contact": None}
    assert left["matches"] == [{"offer": {"id": offers[0]["id"]}}]
    now = (await hearth.data(asked, {"id": request}, second))["request"]
    assert now["household"]["contact"] == {"name": "Olena Example"}
    assert now["matches"] == [{"offer": {"id": offers[1]["id"]}}]
    owner = await hearth.owner()
    noted = await owner.fetch(
        "SELECT council_gss, command FROM audit_event WHERE subject_type = 'Match' ORDER BY at, id"
    )
    await owner.close()
    assert [tuple(row) for row in noted] == [
        (OXFORD, "proposeMatch"),
        (OXFORD, "declineMatch"),
        (CAMBRIDGE, "proposeMatch"),
    ]
