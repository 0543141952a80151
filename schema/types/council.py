"""Councils and their twinnings."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Optional

import strawberry
from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, or_, select

from schema.types import rows
from schema.types.clock import day_of
from schema.types.node import Node, PageInfo
from schema.types.offer_rows import open_offers
from schema.types.reads import Key, Rows, Scope, count, expression, identity, listing, one, page
from schema.types.source import Source, source_of
from schema.words import CouncilKind, Nation, TwinningStatus

if TYPE_CHECKING:
    from schema.types.offer import OfferConnection


def exists_on(council: Any, day: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a council exists on a day; `ends_on` is its last."""
    return and_(
        or_(council.c.starts_on.is_(None), council.c.starts_on <= day),
        or_(council.c.ends_on.is_(None), council.c.ends_on >= day),
    )


def _council_location(scope: Scope) -> Any:
    return scope.join(rows.location, lambda point: point.c.code == scope.row.c.gss_code)


def _upper_tier(scope: Scope) -> Any:
    return scope.join(rows.council, lambda upper: upper.c.gss_code == scope.row.c.upper_tier_gss)


def _lower_tiers(scope: Scope) -> Rows:
    lower = rows.council.alias()
    return Rows(
        lower,
        where=[lower.c.upper_tier_gss == scope.row.c.gss_code, exists_on(lower, day_of(scope))],
        keys=[Key(lower.c.name, Text()), Key(lower.c.gss_code, Text())],
    )


def _twinnings(
    scope: Scope, as_of: date | None = strawberry.UNSET, at: datetime | None = strawberry.UNSET
) -> Rows:
    """Links with cities abroad, each as it stood on that day. Give asOf or at, not both."""
    step, later = rows.twinning.alias(), rows.twinning.alias()
    day = cast(day_of(scope), Text)

    # Partial dates compare as text: '2018' <= '2018-09' <= '2018-09-01'.
    def begun(link: Any) -> ColumnElement[Any]:
        return func.coalesce(link.c.status_since, "")

    return Rows(
        step,
        where=[
            step.c.council_gss == scope.row.c.gss_code,
            begun(step) <= day,
            ~exists(
                select(1).where(
                    later.c.council_gss == step.c.council_gss,
                    later.c.partner_city == step.c.partner_city,
                    begun(later) <= day,
                    begun(later) > begun(step),
                )
            ),
        ],
        keys=[Key(step.c.partner_city, Text()), Key(step.c.id, step.c.id.type)],
    )


def _council_offers(scope: Scope) -> Rows:
    """Its open offers with places left now, as in availability; drafts are in offers."""
    return open_offers(where=lambda offer: [offer.c.council_gss == scope.row.c.gss_code])


@strawberry.type(description="A council's link with a city abroad.")
class Twinning:
    """A twinning as it stood on a day; dates are as precise as their source."""

    partner_city: str
    partner_country: str = strawberry.field(description="ISO 3166 alpha-3.")
    since: str | None
    status: TwinningStatus
    status_since: str | None
    reason: str | None
    source: Source | None = one(source_of, description="Where this is from.")


@strawberry.type(description="A principal council of the United Kingdom.")
class Council(Node):
    """A council; in two-tier areas a county stands above its districts."""

    id: strawberry.ID = identity("council", "gss_code")
    gss_code: str
    name: str
    official_name: str
    kind: CouncilKind
    nation: Nation
    region: str
    upper_tier: Optional["Council"] = one(_upper_tier, description="The county above a district.")
    lower_tiers: list["Council"] = listing(_lower_tiers, description="The districts of a county.")
    latitude: float | None = expression(lambda scope: _council_location(scope).c.latitude)
    longitude: float | None = expression(lambda scope: _council_location(scope).c.longitude)
    starts_on: date | None
    ends_on: date | None = strawberry.field(description="Its last day, where one is decided.")
    twinnings: list[Twinning] = listing(_twinnings)
    offers: Annotated["OfferConnection", strawberry.lazy("schema.types.offer")] = page(
        _council_offers
    )


@strawberry.type(description="An edge to a council.")
class CouncilEdge:
    """An edge."""

    cursor: str
    node: Council


@strawberry.type(description="A page of councils.")
class CouncilConnection:
    """A page of councils; the count is made only when asked for."""

    edges: list[CouncilEdge]
    nodes: list[Council]
    page_info: PageInfo
    total_count: int = count()
