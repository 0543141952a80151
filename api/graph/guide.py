"""Queries that tell a council what to do, what is paid, and what changed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    true,
)
from sqlalchemy.types import Date

from api.guidance import changes
from api.guidance.funding import Funding as Worked
from api.guidance.funding import Household, TariffRow, funding
from api.reading.symbols import combined
from schema.refusals import BadRequest
from schema.text import clean
from schema.types import rows
from schema.types.clock import end_of_day
from schema.types.guide import Funding, RouteChange, SupportGuide
from schema.types.reads import Key, Rows, Scope, Work, listing, lookup
from schema.types.route_facts import body
from schema.words import CouncilKind, Precision, RouteFactSort

ABSENT = "There is no council with this gssCode, or no route with this routeCode."
LARGEST_HOUSEHOLD = 30
LONGEST_SPONSORSHIP = 120
MOMENT = DateTime(timezone=True)


@strawberry.input(description="A household that funding is worked out for.")
class FundedHousehold:
    """Ages are those on arrival. Without adults, it is of unaccompanied children."""

    adults: int
    child_ages: list[int] = strawberry.field(default_factory=list)
    left_on: date | None = strawberry.UNSET
    sponsor_months: int | None = strawberry.field(
        default=strawberry.UNSET, description="For how many months a sponsor hosts it."
    )


def _pair(scope: Scope, gss_code: str, route_code: str) -> tuple[FromClause, list[Any]]:
    council, route = rows.council.alias(), rows.route.alias()
    pair = (
        select(
            council.c.gss_code,
            council.c.kind,
            council.c.upper_tier_gss,
            route.c.code,
            route.c.facts,
            route.c.recorded_at,
        )
        .select_from(council.join(route, true()))
        .subquery("pair")
    )
    return pair, [
        pair.c.gss_code == scope.bind(gss_code, Text(), clean),
        pair.c.code == scope.bind(route_code, Text(), clean),
        pair.c.recorded_at <= scope.known,
    ]


def _support_guide(
    scope: Scope,
    gss_code: str,
    route_code: str,
    as_of: date | None = strawberry.UNSET,
    at: datetime | None = strawberry.UNSET,
    known_at: datetime | None = strawberry.UNSET,
) -> Rows:
    """What that council must and may do for people on that route, and who pays what.

    And which of its offers accept it. Give asOf (a day) or at (a moment), not both.
    """
    pair, where = _pair(scope, gss_code, route_code)
    return Rows(pair, where=where, keys=[Key(pair.c.code, Text())])


def _funding_for(
    scope: Scope,
    route_code: str,
    gss_code: str,
    household: FundedHousehold,
    arrived_on: date,
    as_of: date | None = strawberry.UNSET,
) -> Rows:
    """What is paid for one household over its stay, to whom and when, by the tariffs in force.

    With asOf, only what is for days up to that one.
    """
    pair, where = _pair(scope, gss_code, route_code)
    fact, upper = rows.route_fact.alias(), rows.council.alias()
    tariffs = (
        select(
            func.row(
                fact.c.id,
                fact.c.body,
                _day(func.lower(fact.c.valid)),
                _day(func.upper(fact.c.valid)),
            )
        )
        .where(
            fact.c.route_code == pair.c.code,
            fact.c.sort == RouteFactSort.TARIFF.value,
            fact.c.known.op("@>", is_comparison=True)(scope.known),
        )
        .order_by(fact.c.position)
        .correlate(pair)
    )
    county = (
        select(upper.c.name)
        .where(
            upper.c.gss_code == pair.c.upper_tier_gss,
            pair.c.kind == CouncilKind.DISTRICT.value,
        )
        .correlate(pair)
    )
    given = combined(
        _household,
        household.adults,
        household.child_ages,
        household.left_on,
        household.sponsor_months,
        arrived_on,
        as_of,
    )
    columns = [func.array(tariffs.scalar_subquery()), county.scalar_subquery()]
    return Rows(
        pair, where=where, keys=[Key(pair.c.code, Text())], work=Work(_funded, columns, given)
    )


def _household(
    adults: int,
    child_ages: list[int],
    left_on: date | None,
    sponsor_months: int | None,
    arrived_on: date,
    as_of: date | None,
) -> Household:
    if adults < 0 or not 1 <= adults + len(child_ages) <= LARGEST_HOUSEHOLD:
        raise BadRequest(f"A household is of 1 to {LARGEST_HOUSEHOLD} people.")
    if any(not 0 <= age < 18 for age in child_ages):
        raise BadRequest("childAges are from 0 to 17; whoever is older counts among the adults.")
    if left_on and left_on < arrived_on:
        raise BadRequest(f"leftOn {left_on} lies before arrivedOn {arrived_on}.")
    if not 0 <= (sponsor_months or 0) <= LONGEST_SPONSORSHIP:
        raise BadRequest(f"sponsorMonths is from 0 to {LONGEST_SPONSORSHIP}.")
    after = end_of_day(as_of).date().toordinal() + 1 if as_of else None
    ends = [day for day in (left_on, after and date.fromordinal(after)) if day]
    return Household(
        adults, tuple(child_ages), arrived_on, left_on, sponsor_months, min(ends, default=None)
    )


def _funded(household: Household, found: Iterable[tuple[Any, ...]], county: str | None) -> Worked:
    note = f"Paid to {county}, the upper tier." if county else None
    return funding([_tariff(*each) for each in found], household, note)


def _tariff(
    fact_id: UUID, told: Mapping[str, Any], begins: date | None, ends: date | None
) -> TariffRow:
    return TariffRow(
        fact_id,
        told["kind"],
        Decimal(told["amount"]),
        told["per"],
        told["period"],
        told["payee"],
        begins,
        ends,
        told["most_months"],
    )


def _day(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.timezone("Europe/London", moment), Date)


def _changes_since(scope: Scope, day: date, route_code: str | None = strawberry.UNSET) -> Rows:
    """What changed in the routes' facts since that day, in words, oldest first."""
    starts, ends = _edges(scope, is_start=True), _edges(scope, is_start=False)
    change = starts.union_all(ends).subquery("change")
    since = scope.bind(day, MOMENT, end_of_day)
    where = [change.c.edge > since, change.c.edge <= scope.moment]
    if route_code is not None and route_code is not strawberry.UNSET:
        where.append(change.c.route_code == scope.bind(route_code, Text(), clean))
    kind = rows.support_kind.alias()
    names = select(kind.c.name).where(kind.c.code == body(change, "kind")).correlate(change)
    told = [change.c.sort, change.c.body, change.c.before, change.c.words]
    return Rows(
        change,
        where=where,
        keys=[
            Key(change.c.edge, MOMENT),
            Key(change.c.route_code, Text()),
            Key(change.c.position, change.c.position.type),
            Key(change.c.is_start, change.c.is_start.type),
            Key(change.c.id, change.c.id.type),
        ],
        work=Work(changes.told, [*told, names.scalar_subquery(), change.c.is_start]),
    )


def _edges(scope: Scope, *, is_start: bool) -> Select[Any]:
    # The facts that begin, each with what ended for it; or those that end and nothing follows.
    fact, beside = rows.route_fact.alias(), rows.route_fact.alias()
    edge = func.lower(fact.c.valid) if is_start else func.upper(fact.c.valid)
    meets = func.upper(beside.c.valid) if is_start else func.lower(beside.c.valid)
    precision = fact.c.valid_from_is if is_start else fact.c.valid_to_is

    def is_known(each: Any) -> ColumnElement[bool]:
        known: ColumnElement[bool] = each.c.known.op("@>", is_comparison=True)(scope.known)
        return known

    touches = and_(beside.c.key == fact.c.key, meets == edge, is_known(beside))
    before = select(beside.c.body).where(touches).correlate(fact).scalar_subquery()
    where = [is_known(fact), edge.is_not(None)]
    if not is_start:
        where.append(~exists(select(1).where(touches).correlate(fact)))
    lengths = {Precision.YEAR: 4, Precision.MONTH: 7}
    shown = case(*((precision == of.value, length) for of, length in lengths.items()), else_=10)
    return select(
        fact.c.id,
        fact.c.route_code,
        fact.c.sort,
        fact.c.position,
        fact.c.body,
        (before if is_start else cast(null(), fact.c.body.type)).label("before"),
        fact.c.words,
        fact.c.source_id,
        edge.label("edge"),
        func.left(cast(_day(edge), Text), shown).label("on"),
        literal(is_start).label("is_start"),
    ).where(*where)


@strawberry.type
class GuideQueries:
    """Queries that tell a council what to do, what is paid, and what changed."""

    support_guide: SupportGuide = lookup(_support_guide, absent=ABSENT)
    funding_for: Funding = lookup(_funding_for, absent=ABSENT)
    changes_since: list[RouteChange] = listing(_changes_since, length=100)
