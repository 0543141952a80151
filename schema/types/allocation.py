"""Allocations: how far they have come, what they propose, and how good that can be."""

from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Double, Text, Uuid, case, func

from schema.types import rows
from schema.types.council import Council
from schema.types.node import Node, PageInfo
from schema.types.problem import Problem
from schema.types.reads import (
    Key,
    Rows,
    Scope,
    count,
    expression,
    finite,
    identity,
    listing,
    one,
    page,
    words,
)
from schema.types.request import MatchConnection, Reason, SupportRequest, reasons_of, request_of
from schema.words import AllocationPolicy, AllocationState

PRICES = 20
REASONS = 2


def _gap(scope: Scope) -> ColumnElement[Any]:
    bound, objective = scope.row.c.bound, scope.row.c.objective
    return case((bound > 0, func.greatest(0.0, (bound - objective) / bound)), (bound <= 0, 0.0))


def _proposals(scope: Scope) -> Rows:
    """Who goes where, most points first: each with the id of the match that it becomes.

    Of a request that the viewer may see no longer, nothing is shown.
    """
    proposed = rows.allocation_match.alias()
    return Rows(
        proposed,
        where=[proposed.c.allocation_id == scope.row.c.id],
        keys=[Key(proposed.c.score, Double(), finite), Key(proposed.c.id, Uuid())],
        descending=True,
        order_name="PROPOSALS",
    )


def _unplaced(scope: Scope) -> Rows:
    """For whom no place was found, and why."""
    unplaced = rows.allocation_without.alias()
    return Rows(
        unplaced,
        where=[unplaced.c.allocation_id == scope.row.c.id],
        keys=[Key(unplaced.c.request_id, Uuid()), Key(unplaced.c.kind_code, Text(), words)],
        order_name="UNPLACED",
    )


def _prices(scope: Scope) -> Rows:
    price = rows.allocation_price.alias()
    return Rows(
        price,
        where=[price.c.allocation_id == scope.row.c.id],
        keys=[Key(-price.c.per_place, Double()), Key(price.c.council_gss, Text())],
    )


def _council(scope: Scope) -> Any:
    return scope.join(rows.council, lambda council: council.c.gss_code == scope.row.c.council_gss)


@strawberry.type(description="What one more place with a council would have added to the score.")
class ShadowPrice:
    """The linear relaxation's dual: the largest among the council's offers."""

    council: Council = one(_council)
    per_place: float = strawberry.field(description="Points.")


@strawberry.type(description="A household for which an allocation found no place of one kind.")
class Unplaced:
    """What stood against it."""

    request: SupportRequest = one(request_of)
    kind_code: str
    reasons: list[Reason] = listing(reasons_of, length=REASONS)


@strawberry.type(description="A page of households without a place.")
class UnplacedConnection:
    """A page of households without a place."""

    nodes: list[Unplaced]
    page_info: PageInfo
    total_count: int = count()


@strawberry.type(
    description="Two stages, each with its certificate: the most people placed, then the best "
    "total score among those. Numbers are null until known."
)
class Allocation(Node):
    """Requests assigned to offers at once; nothing is changed until it is confirmed."""

    id: strawberry.ID = identity("allocation", "id")
    state: AllocationState
    policy: AllocationPolicy
    progress: float = strawberry.field(description="From 0 to 1.")
    message: str | None
    seconds: float | None
    placed_people: int | None
    people_bound: int | None = strawberry.field(description="No assignment places more people.")
    waiting_people: int | None = strawberry.field(
        description="People in need of each kind, added up over the kinds."
    )
    objective: float | None = strawberry.field(description="The total score, in points.")
    bound: float | None = strawberry.field(
        description="No assignment of as many people has a higher total score."
    )
    gap: float | None = expression(_gap, description="(bound - objective) / bound; 0 is proven.")
    greedy_objective: float | None = strawberry.field(
        description="The score of taking households in turn, each to its best offer."
    )
    greedy_people: int | None = strawberry.field(
        description="The people that taking households in turn, each to its best offer, places."
    )
    proposals: MatchConnection = page(_proposals, first=50)
    shadow_prices: list[ShadowPrice] = listing(_prices, length=PRICES)
    unplaced: UnplacedConnection = page(_unplaced, first=50)


@strawberry.type(description="What a command on an allocation did.")
class AllocationPayload:
    """The allocation as it is now, or the problems; never both."""

    allocation: Allocation | None
    problems: list[Problem]
