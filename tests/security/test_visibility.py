"""Who sees what: the table in `visibility.txt`, each cell of it asked for over HTTP.

A new field or command needs its row: `make snapshots` writes it, and whoever reviews it says by
that who may see the field.
"""

import logging
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type

from api.graph.schema import make_schema
from api.reading import operation
from api.reading.plan import Planner
from schema.types.by_id import FOUND_BY
from schema.types.reads import METADATA
from schema.words import Audience
from tests.security.documents import fields
from tests.security.matrix import Matrix
from tests.security.world import Standpoint, World

pytestmark = pytest.mark.no_cover  # other tests run the same lines, and measuring takes a third

TABLE = Path(__file__).with_name("visibility.txt")
HOW = f"Run `make snapshots`, and review {TABLE.name} line by line: may they see it?"
HEADING = """\
# Who sees what. A line is a field, a command or a subscription; its columns are audiences, each
# with a word for whose rows it asks about:
{whose}
# own: theirs; lower: a district's, asked by its county; shared: another's, shown to all councils
# or to everybody; other: another's, shown to nobody else; opened: a case that the administrator
# broke the glass of, and its offer; none: an id that no row has.
# One word stands for all of these, and EVERYBODY for all audiences.
# value, zero, null, empty: what the field holds; hidden: not even the object that it is of is
# there; done, followed: it worked; silent: nothing came; in capitals: why it was refused.
"""
EVERYBODY = "EVERYBODY"
WIDTHS = {"PUBLIC": 25, "CHARITY": 30, "COUNCIL": 45, "LIAISON": 25, "ADMIN": 15}
GIVES_AWAY = frozenset({"value", "done", "followed"})
# Fields that hold nothing in the rows that are asked about.
UNSEEN = {
    "CandidateList.unlock",
    "Offer.distanceKm",
    "Unlock.message",
    "Unlock.offers",
    "Unlock.rule",
}
Kinds = Mapping[str, Sequence[str]]
Table = Mapping[str, Mapping[str, str]]
SCHEMA = make_schema()._schema
# Types that hold a person, or of which one can be worked out.
PERSONAL = frozenset(
    {
        "BreakGlass",
        "Candidate",
        "CandidateList",
        "Consent",
        "Contact",
        "ContactLook",
        "Household",
        "Match",
        "SupportRequest",
    }
)


async def _asked(
    world: World, standpoints: Sequence[Standpoint], but: frozenset[str] = frozenset()
) -> Table:
    """The table, of all types but some."""
    table: dict[str, dict[str, str]] = defaultdict(dict)
    for each in standpoints:
        cells = await Matrix(world, SCHEMA, each).fill(but)
        for name, said in cells.items():
            table[name][f"{each.audience} {each.whose}"] = said
    return table


def _whose(standpoints: Sequence[Standpoint]) -> Kinds:
    kinds: dict[str, list[str]] = defaultdict(list)
    for each in standpoints:
        kinds[each.audience].append(each.whose)
    return kinds


def _line(row: Mapping[str, str], kinds: Kinds) -> str:
    nobodys = {word for place, word in row.items() if place.endswith(" none")}
    others = {word for place, word in row.items() if not place.endswith(" none")}
    if len(nobodys) == len(others) == 1:
        return f"{EVERYBODY} {' | none '.join((*others, *nobodys))}"
    columns = []
    for audience, asked in kinds.items():
        said = [row[f"{audience} {whose}"] for whose in asked]
        text = said[0] if len(set(said)) == 1 else " ".join(said)
        columns.append(f"{audience} {text}".ljust(WIDTHS[audience]))
    return " | ".join(columns).rstrip()


def _row(line: str, kinds: Kinds) -> dict[str, str]:
    """A line read back."""
    said = {audience: words for audience, *words in (each.split() for each in line.split("|"))}
    row = {}
    for audience, asked in kinds.items():
        for number, whose in enumerate(asked):
            words = said.get(audience) or said["none" if whose == "none" else EVERYBODY]
            row[f"{audience} {whose}"] = words[number] if len(words) > 1 else words[0]
    return row


def _written(table: Table, kinds: Kinds) -> str:
    whose = "\n".join(f"#   {audience}: {' '.join(words)}" for audience, words in kinds.items())
    lines, last = [HEADING.format(whose=whose)], ""
    for name in sorted(table):
        type_ = name.partition(".")[0]
        gap = "\n" if type_ != last else ""
        lines.append(f"{gap}{name.ljust(40)} {_line(table[name], kinds)}\n")
        last = type_
    return "".join(lines)


def _kept() -> dict[str, str]:
    """The lines of the table by field."""
    lines = [line.split(maxsplit=1) for line in TABLE.read_text("utf-8").splitlines()]
    return {parts[0]: parts[1] for parts in lines if len(parts) == 2 and parts[0] != "#"}


async def test_every_cell_holds(world: World) -> None:
    standpoints = world.standpoints()
    found = _written(await _asked(world, standpoints), _whose(standpoints))
    if os.environ.get("UPDATE_CASES"):
        TABLE.write_text(found, "utf-8")
    kept = set(TABLE.read_text("utf-8").splitlines())
    other = [line for line in found.splitlines() if line not in kept]
    assert not other, "Otherwise than in the table:\n{}\n{}".format("\n".join(other), HOW)
    assert found == TABLE.read_text("utf-8"), f"There are lines of what is no more. {HOW}"


def test_every_field_has_its_row() -> None:
    kept = _kept()
    missing = [name for name in fields(SCHEMA) if name not in kept]
    assert not missing, f"{', '.join(missing)}: no row says who sees it. {HOW}"
    # The rows that are asked about hold something in nearly every field, or nothing is tested.
    guarded = {name: line.split() for name, line in kept.items() if EVERYBODY not in line}
    unseen = {name for name, words in guarded.items() if not GIVES_AWAY & set(words)}
    assert unseen <= UNSEEN, f"{', '.join(unseen - UNSEEN)}: fill it in tests/security/world.py."


async def test_row_level_security_alone_shows_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)  # each refusal by the database is taken for a mistake
    # Nothing in the application asks any more for whom a field is.
    monkeypatch.setattr(Planner, "reads_of", Planner.declared)
    monkeypatch.setattr(operation, "FOUND_BY", {})
    kept, kinds = _kept(), _whose(world.standpoints())
    guarded = {name.partition(".")[0] for name, line in kept.items() if EVERYBODY not in line}
    standpoints = [each for each in world.standpoints() if each.whose not in ("none", "shared")]
    found = await _asked(world, standpoints, frozenset(SCHEMA.type_map) - guarded)
    for name, row in found.items():
        if "problems" in name or name.startswith("Problem."):
            continue  # there are others where the database refuses
        for place, said in row.items():
            by_table = _row(kept[name], kinds)[place]
            # A refusal may be another's: the database's own words for it are our mistake's.
            gives = {said, by_table} & GIVES_AWAY
            assert not gives or said == by_table, f"{name} {place}: {said} and not {by_table}"


def _reached(audience: Audience) -> set[str]:
    """The types that an audience's fields lead to, by what the schema declares alone."""
    found: set[str] = set()
    roots = (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type)
    waiting = [each for each in roots if each is not None]
    while waiting:
        type_ = waiting.pop()
        found.add(type_.name)
        for declared in type_.fields.values():
            reads = declared.extensions["strawberry-definition"].metadata.get(METADATA)
            if reads and audience not in reads.audiences:
                continue
            target = get_named_type(declared.type)
            possible = [target]
            if isinstance(target, GraphQLInterfaceType):
                possible = list(SCHEMA.get_possible_types(target))
            waiting += [
                each
                for each in possible
                if isinstance(each, GraphQLObjectType)
                and each.name not in found
                and audience in FOUND_BY.get(each.name, Audience)
            ]
    return found


def test_caseworkers_reach_what_holds_a_person() -> None:
    assert PERSONAL & (_reached(Audience.CHARITY) | _reached(Audience.COUNCIL)) == PERSONAL


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.LIAISON])
def test_no_field_leads_those_without_a_case_to_a_person(audience: Audience) -> None:
    assert _reached(audience) & PERSONAL == set()
