"""A route's dated facts, each with its source: leave, rules, duties, tariffs, and its timeline."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Numeric,
    String,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.types import Boolean, Date

from schema.text import clean
from schema.types import rows
from schema.types.reads import Key, Rows, Scope, expression, identity, listing, one
from schema.types.source import Source, source_of
from schema.types.support_kind import SupportKind
from schema.words import (
    Basis,
    Confidence,
    CouncilKind,
    DutyLevel,
    Language,
    Precision,
    RouteFactSort,
    Tier,
)

Conditions = Callable[[FromClause], Sequence[ColumnElement[bool]]]
TIERS = {CouncilKind.COUNTY: Tier.UPPER, CouncilKind.DISTRICT: Tier.LOWER}
"""In two-tier areas; every other council is both."""


def body(fact: Any, name: str, type_: Any = Text) -> ColumnElement[Any]:
    """What a fact's sort has besides, by name."""
    text = fact.c.body.op("->>", return_type=Text())(name)
    return text if type_ is Text else cast(text, type_)


def in_force(scope: Scope, fact: Any) -> list[ColumnElement[bool]]:
    """The conditions for facts that hold at the scope's moment, as known at its other clock."""
    return [
        fact.c.valid.op("@>", is_comparison=True)(scope.moment),
        fact.c.known.op("@>", is_comparison=True)(scope.known),
    ]


def facts_of(scope: Scope, sort: RouteFactSort, where: Conditions = lambda fact: ()) -> Rows:
    """The facts of one sort in force of the route that the row is, in its file's order."""
    fact = rows.route_fact.alias()
    return Rows(
        fact,
        where=[
            fact.c.route_code == scope.row.c.code,
            fact.c.sort == sort.value,
            *in_force(scope, fact),
            *where(fact),
        ],
        keys=[Key(fact.c.position, Integer()), Key(fact.c.id, Uuid())],
    )


def _day(scope: Scope, edge: Any) -> ColumnElement[Any]:
    return cast(func.timezone("Europe/London", edge(scope.row.c.valid)), Date)


def _moment(scope: Scope, edge: Any, precision: str) -> ColumnElement[Any]:
    is_moment = scope.row.c[precision] == Precision.MOMENT.value
    return case((is_moment, edge(scope.row.c.valid)))


def _dissents(scope: Scope) -> Rows:
    dissent = rows.route_dissent.alias()
    return Rows(
        dissent,
        where=[dissent.c.fact_id == scope.row.c.id],
        keys=[Key(dissent.c.source_id, Uuid())],
    )


def _other_sources(scope: Scope) -> Rows:
    dissent, source = rows.route_dissent.alias(), rows.source.alias()
    return Rows(
        source,
        where=[dissent.c.fact_id == scope.row.c.id],
        keys=[Key(source.c.title, Text()), Key(source.c.id, Uuid())],
        tables=source.join(dissent, dissent.c.source_id == source.c.id),
    )


def _claims(scope: Scope) -> ColumnElement[Any]:
    # "valid from 2024-03-11": the fields as the fact's own are called.
    each = func.jsonb_each_text(scope.row.c.claims).table_valued("key", "value", name="claim")
    said = func.concat(func.replace(each.c.key, "_", " "), " ", each.c.value)
    return select(
        func.string_agg(said, aggregate_order_by(literal("; "), each.c.key))
    ).scalar_subquery()


def clause_in(scope: Scope, language: Language = Language.EN) -> ColumnElement[Any]:
    """The rule in plain words; English where no translation is kept."""
    words = scope.row.c.words
    english = words.op("->>", return_type=Text())(Language.EN.value)
    if language is Language.EN:
        return english
    return func.coalesce(words.op("->>", return_type=Text())(language.value), english)


def _kind(scope: Scope) -> Any:
    return scope.join(rows.support_kind, lambda kind: kind.c.code == body(scope.row, "kind"))


@strawberry.type(description="A source that says otherwise, and why it was not followed.")
class Dissent:
    """A source's other value for a fact."""

    source: Source = one(source_of, description="The source that says otherwise.")
    claims: str = expression(_claims, description="What it says, field by field.")
    note: str | None = strawberry.field(description="Why another source was followed.")


@strawberry.type(description="How long a grant of leave lasts.")
class LeaveOption:
    """A variant of leave, in force for a while; months are null where it has no end of its own."""

    id: strawberry.ID = identity("fact", "id")
    variant: str = expression(lambda scope: body(scope.row, "variant"))
    months: int | None = expression(lambda scope: body(scope.row, "months", Integer))
    is_indefinite: bool = expression(
        lambda scope: body(scope.row, "is_indefinite", Boolean), description="Settlement."
    )
    valid_from: date | None = expression(lambda scope: _day(scope, func.lower))
    valid_to: date | None = expression(
        lambda scope: _day(scope, func.upper), description="The first day on which it doesn't hold."
    )
    valid_from_at: datetime | None = expression(
        lambda scope: _moment(scope, func.lower, "valid_from_is"),
        description="The moment, where the law gave one.",
    )
    valid_to_at: datetime | None = expression(
        lambda scope: _moment(scope, func.upper, "valid_to_is"),
        description="The moment, where the law gave one.",
    )
    source: Source | None = one(source_of)
    dissents: list[Dissent] = listing(_dissents, description="Sources that say otherwise.")
    basis: Basis
    confidence: Confidence
    note: str | None


@strawberry.type(
    description="Rules that share an anyOf key are alternatives; all others must hold."
)
class RouteRule:
    """One clause of who is eligible."""

    id: strawberry.ID = identity("fact", "id")
    clause: str = expression(clause_in)
    subject: str = expression(lambda scope: body(scope.row, "subject"))
    attribute: str = expression(lambda scope: body(scope.row, "attribute"))
    operator: str = expression(lambda scope: body(scope.row, "operator"))
    value: str = expression(lambda scope: body(scope.row, "value"), description="As JSON has it.")
    any_of: str | None = expression(lambda scope: body(scope.row, "any_of"))
    valid_from: date | None = expression(lambda scope: _day(scope, func.lower))
    valid_to: date | None = expression(
        lambda scope: _day(scope, func.upper), description="The first day on which it doesn't hold."
    )
    valid_from_at: datetime | None = expression(
        lambda scope: _moment(scope, func.lower, "valid_from_is"),
        description="The moment, where the law gave one.",
    )
    valid_to_at: datetime | None = expression(
        lambda scope: _moment(scope, func.upper, "valid_to_is"),
        description="The moment, where the law gave one.",
    )
    source: Source | None = one(source_of, description="The source that is followed.")
    other_sources: list[Source] = listing(_other_sources, description="Those that say otherwise.")
    dissents: list[Dissent] = listing(_dissents, description="What those say, and why not.")
    basis: Basis
    confidence: Confidence
    note: str | None


@strawberry.type(description="What a council must or may do for people on a route.")
class Duty:
    """A duty or power of councils of a tier."""

    id: strawberry.ID = identity("fact", "id")
    kind: SupportKind = one(_kind)
    level: DutyLevel = expression(lambda scope: body(scope.row, "level"))
    tier: Tier = expression(
        lambda scope: body(scope.row, "tier"), description="Whose it is in two-tier areas."
    )
    note: str | None
    valid_from: date | None = expression(lambda scope: _day(scope, func.lower))
    valid_to: date | None = expression(
        lambda scope: _day(scope, func.upper), description="The first day on which it doesn't hold."
    )
    source: Source | None = one(source_of)
    basis: Basis
    confidence: Confidence


@strawberry.type(description="What is paid for people on a route, and to whom.")
class Tariff:
    """An amount in pounds; `appliesTo` says which date picks the row."""

    id: strawberry.ID = identity("fact", "id")
    kind: str = expression(lambda scope: body(scope.row, "kind"))
    amount: Decimal = expression(
        lambda scope: body(scope.row, "amount", Numeric(12, 2)), description="Pounds."
    )
    per: str = expression(lambda scope: body(scope.row, "per"))
    period: str = expression(lambda scope: body(scope.row, "period"))
    payee: str = expression(lambda scope: body(scope.row, "payee"))
    applies_to: str | None = expression(lambda scope: body(scope.row, "applies_to"))
    valid_from: date | None = expression(lambda scope: _day(scope, func.lower))
    valid_to: date | None = expression(
        lambda scope: _day(scope, func.upper), description="The first day on which it doesn't hold."
    )
    source: Source | None = one(source_of)
    dissents: list[Dissent] = listing(_dissents, description="Sources that say otherwise.")
    basis: Basis
    confidence: Confidence
    note: str | None


@strawberry.type(description="Something that happened to a route.")
class RouteEvent:
    """An event, on a year, a month or a day: as precise as the source."""

    on: str
    event: str


def rules(scope: Scope) -> Rows:
    """Who is eligible: the clauses in force."""
    return facts_of(scope, RouteFactSort.RULE)


def leave_options(scope: Scope) -> Rows:
    """How long grants last, by variant."""
    return facts_of(scope, RouteFactSort.LEAVE)


def tariffs(scope: Scope) -> Rows:
    """What is paid for people on the route, and to whom."""
    return facts_of(scope, RouteFactSort.TARIFF)


def duties(scope: Scope, gss_code: str | None = strawberry.UNSET) -> Rows:
    """What councils must and may do; of one council, what is its own tier's (none if unknown)."""
    if gss_code is None or gss_code is strawberry.UNSET:
        return facts_of(scope, RouteFactSort.DUTY)
    asked = scope.bind(gss_code, Text(), clean)

    def of_council(name: str) -> ColumnElement[Any]:
        council = rows.council.alias()
        return select(council.c[name]).where(council.c.gss_code == asked).scalar_subquery()

    nations = scope.row.c.facts.op("->", return_type=JSONB())("nations")
    is_there = nations.op("?", is_comparison=True)(of_council("nation"))
    return facts_of(
        scope,
        RouteFactSort.DUTY,
        lambda fact: [is_there, is_of_tier(fact, of_council("kind"))],
    )


def is_of_tier(
    fact: FromClause, kind: ColumnElement[Any], *, other: bool = False
) -> ColumnElement[bool]:
    """Whether a duty is one of that kind of council's; or of the `other` tier's beside it."""
    tier = body(fact, "tier")
    if other:
        opposite = {CouncilKind.COUNTY: Tier.LOWER, CouncilKind.DISTRICT: Tier.UPPER}
        return tier == case(*((kind == of.value, its.value) for of, its in opposite.items()))
    own = case(*((kind == of.value, its.value) for of, its in TIERS.items()), else_=tier)
    return or_(tier == Tier.ALL.value, tier == own)


def timeline(scope: Scope) -> Rows:
    """What has happened to it by then, in order."""
    event = rows.route_event.alias()
    day = cast(cast(func.timezone("Europe/London", scope.moment), Date), String)
    return Rows(
        event,
        # Partial dates compare as text: '2018' <= '2018-09' <= '2018-09-01'.
        where=[event.c.route_code == scope.row.c.code, event.c.on <= day],
        keys=[Key(event.c.position, Integer())],
    )


def sources(scope: Scope) -> Rows:
    """What its facts were read from."""
    link, source = rows.route_source.alias(), rows.source.alias()
    return Rows(
        source,
        where=[link.c.route_code == scope.row.c.code],
        keys=[Key(link.c.position, Integer())],
        tables=source.join(link, link.c.source_id == source.c.id),
    )
