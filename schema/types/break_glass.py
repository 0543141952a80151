"""Administrators' looks into cases, as those concerned read them."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import DateTime, Uuid, func

from schema.types import rows
from schema.types.council import Council
from schema.types.node import Node, PageInfo
from schema.types.problem import Problem
from schema.types.reads import Key, Rows, Scope, count, expression, identity, moment, one, page
from schema.types.request import SupportRequestConnection


def break_glass_rows() -> Rows:
    """Looks into cases that concern the viewer, latest first."""
    glass = rows.break_glass.alias()
    return Rows(
        glass,
        keys=[Key(glass.c.at, DateTime(timezone=True), moment), Key(glass.c.id, Uuid())],
        descending=True,
        order_name="BREAK_GLASSES",
    )


def _council(scope: Scope) -> Any:
    return scope.join(rows.council, lambda council: council.c.gss_code == scope.row.c.council_gss)


def _requests(scope: Scope) -> Rows:
    """Those of the opened requests that the viewer sees, latest first."""
    request = rows.request.alias()
    return Rows(
        request,
        where=[request.c.id == func.any(scope.row.c.request_ids)],
        keys=[
            Key(request.c.submitted_at, DateTime(timezone=True), moment),
            Key(request.c.id, Uuid()),
        ],
        descending=True,
        order_name="REQUESTS",
    )


@strawberry.type(description="An administrator's look into cases that are not its own.")
class BreakGlass(Node):
    """Read by the councils and charities that have a part in them."""

    id: strawberry.ID = identity("breakglass", "id")
    at: datetime
    ends_at: datetime
    by: str = expression(lambda scope: scope.row.c.name)
    reason: str
    council: Council | None = one(
        _council, description="Whose cases were opened; null where it was one request."
    )
    requests: SupportRequestConnection = page(_requests)


@strawberry.type(description="An edge to a look into cases.")
class BreakGlassEdge:
    """An edge."""

    cursor: str
    node: BreakGlass


@strawberry.type(description="A page of looks into cases, latest first.")
class BreakGlassConnection:
    """A page of looks into cases."""

    edges: list[BreakGlassEdge]
    nodes: list[BreakGlass]
    page_info: PageInfo
    total_count: int = count()


@strawberry.input(description="Which cases to open, why, and for how long.")
class BreakGlassInput:
    """Give either a request, or a council for the cases matched with it."""

    reason: str = strawberry.field(
        description="Why, without anybody's name: those concerned read it."
    )
    gss_code: str | None = strawberry.UNSET
    request_id: strawberry.ID | None = strawberry.UNSET
    minutes: int = strawberry.field(description="1 to 240.")


@strawberry.type(description="What breaking the glass did.")
class BreakGlassPayload:
    """What was noted, or the problems; never both."""

    break_glass: BreakGlass | None
    problems: list[Problem]
