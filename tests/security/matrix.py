"""Every field and command, asked for from every standpoint: what each says, in a word."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type

from api.access.viewer import Viewer
from api.graph.answering import Answer, Asked
from api.store.listening import MISSED
from schema.words import Audience
from tests.security.documents import Composite, Way, Writer, objects, ways, words
from tests.security.world import Standpoint, World
from tests.waiting import until

Cells = dict[str, str]
# What must be so that a command can be done, where it is not so of the rows as they are.
FIRST = {
    "acceptMatch": "UPDATE match SET state = 'HELD', proposed_by = '{other}'; "
    "UPDATE consent SET is_given = true",
    "endPlacement": "UPDATE match SET state = 'PLACED'",
    "holdMatch": "UPDATE match SET state = 'PROPOSED'; UPDATE consent SET is_given = true",
    "pauseOffer": "UPDATE offer SET status = 'OPEN'",
    "proposeMatch": "UPDATE offer SET status = 'OPEN'; UPDATE consent SET is_given = true;"
    "DELETE FROM match",
    "unprotectOffer": "UPDATE offer_address"
    " SET protected_at = now(), shown_to = ARRAY[council_gss]",
    "recordArrival": "UPDATE match SET state = 'ACCEPTED'",
}
CHANGES = 2
"""So many are told of; the first may come before a stream has looked how it is."""
VERSION = "SELECT version FROM offer WHERE 'offer_' || id = $1"


class Matrix:
    """Asks for one standpoint, and keeps a word for each `Type.field`."""

    def __init__(self, world: World, schema: GraphQLSchema, standpoint: Standpoint) -> None:
        self.world = world
        self.schema = schema
        self.standpoint = standpoint
        self.cells: Cells = {}
        self.reached = ways(schema)

    async def fill(self, but: frozenset[str] = frozenset()) -> Cells:
        """Ask for everything, `but` some types."""
        for name in self.reached.keys() - but:
            way = self.reached[name]
            type_ = self.schema.type_map[name]
            assert isinstance(type_, Composite)
            await self._type(type_, way)
        for root, ask in (
            (self.schema.mutation_type, self._command),
            (self.schema.subscription_type, self._stream),
        ):
            assert root is not None
            for name in root.fields:
                await ask(root, name)
        return self.cells

    async def _post(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        response = await self.world.hearth.post(document, dict(variables), self.standpoint.who)
        found: dict[str, Any] = response.json()
        return found

    async def _type(self, type_: Composite, way: Way) -> None:
        """All fields of a type at once; those that are refused apart, and the others again."""
        left = list(type_.fields)
        while left:
            said = await self._fields(type_, way, left)
            if not said:  # the request as a whole was refused: by which field?
                for name in left:
                    said |= await self._fields(type_, way, [name])
            self.cells |= {f"{type_.name}.{name}": each for name, each in said.items()}
            left = [name for name in left if name not in said]

    async def _fields(self, type_: Composite, way: Way, names: Sequence[str]) -> Cells:
        """What the fields say; only the refused ones where there are any."""
        writer = Writer(self.schema, self.standpoint.rows)
        selection = writer.chosen(type_, names)
        text = writer.along(way, selection) if way.root else selection
        body = await self._post(writer.document(text), writer.variables)
        path = [way.root, *way.steps] if way.root else []
        refused: Cells = {}
        for error in body.get("errors", ()):
            code = error["extensions"]["code"]
            if "path" not in error:
                return {names[0]: code} if len(names) == 1 else {}
            at = [part for part in error["path"] if isinstance(part, str)]
            here = names if len(at) <= len(path) else [names[int(at[len(path)][1:])]]
            refused |= dict.fromkeys(here, code)
        return refused or words(objects(body["data"], path), names)

    async def _command(self, root: GraphQLObjectType, name: str) -> None:
        """A command's word is `done`, or the code of the problem; its payload's fields follow."""
        other = "COUNCIL" if self.standpoint.audience == "CHARITY" else "CHARITY"
        if name in FIRST:
            await self.world.put(FIRST[name].format(other=other))
        version = await self.world.owner.fetchval(VERSION, self.standpoint.rows.offer)
        writer = Writer(self.schema, self.standpoint.rows, version=version or 1)
        declared = root.fields[name]
        called = writer.called(declared, name)
        payload = get_named_type(declared.type)
        assert isinstance(payload, GraphQLObjectType)
        problems = get_named_type(payload.fields["problems"].type)
        assert isinstance(problems, GraphQLObjectType)
        parts = f"{writer.all_of(payload)} problems {{ code {writer.all_of(problems)} }}"
        document = writer.document(f"{called} {{ {parts} }}", "mutation")
        body = await self._post(document, writer.variables)
        if "errors" in body:
            said, found = body["errors"][0]["extensions"]["code"], []
        else:
            found = objects(body["data"], [name])
            said = next((each["code"] for each in found[0]["problems"]), "done")
        self.cells[f"Mutation.{name}"] = said
        self._add(payload, found)
        self._add(problems, objects(found[0], ["problems"]) if found else [])
        if said == "done" or name in FIRST:
            await self.world.restore()

    def _add(self, type_: GraphQLNamedType, found: Sequence[Mapping[str, Any]]) -> None:
        """Fields of a payload: the word of the first command that gives one."""
        assert isinstance(type_, Composite)
        for name, said in words(found, list(type_.fields)).items():
            if type_.name not in self.reached:
                cell = f"{type_.name}.{name}"
                known = self.cells.get(cell, "hidden")
                self.cells[cell] = said if known == "hidden" else known

    async def _stream(self, root: GraphQLObjectType, name: str) -> None:
        """A stream's word is `followed` once it tells of a change, `silent` where it doesn't."""
        declared = root.fields[name]
        target = get_named_type(declared.type)
        assert isinstance(target, Composite)
        writer = Writer(self.schema, self.standpoint.rows)
        called = writer.called(declared, name)
        parts = "__typename" if target.name in self.reached else writer.all_of(target)
        document = writer.document(f"{called} {{ {parts} }}", "subscription")
        answer = await self._first(Asked(document, None, writer.variables))
        found: Sequence[Mapping[str, Any]] = []
        said = "silent"
        if answer is not None and answer.errors:
            said = answer.errors[0]["extensions"]["code"]
        elif answer is not None:
            said, found = "followed", objects(answer.data, [name])
        self.cells[f"Subscription.{name}"] = said
        if target.name not in self.reached:
            self._add(target, found)

    async def _first(self, asked: Asked) -> Answer | None:
        """The first answer of a stream while offers change; None where there is none."""
        service = self.world.hearth.service
        viewer = Viewer(Audience(self.standpoint.audience), self.standpoint.subject)
        first = asyncio.ensure_future(anext(service.endpoint.answering.stream(asked, viewer)))

        def has_looked() -> bool:
            """Whether it has told something, or has looked at all it heard and waits for more."""
            queues = service.listener._queues
            return first.done() or any(each.empty() and _is_awaited(each) for each in queues)

        for _ in range(CHANGES):
            await until(has_looked, "the stream neither tells nor waits")
            if first.done():
                return await first
            await self.world.put("UPDATE offer SET version = version + 1")
            service.listener._deliver({"topic": MISSED})
        await until(has_looked, "the stream neither tells nor waits")
        if first.done():
            return await first
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        return None


def _is_awaited(queue: asyncio.Queue[Any]) -> bool:
    return bool(vars(queue)["_getters"])
