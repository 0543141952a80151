"""What a council does for people on a route, what is paid for it, and what changed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import FromClause, Text, func, or_
from sqlalchemy.types import Boolean

from schema.types import route_facts, rows
from schema.types.council import Council
from schema.types.offer_rows import open_offers
from schema.types.problem import Problem
from schema.types.reads import Key, Rows, Scope, expression, listing, one, page, picked, worked
from schema.types.route import Route
from schema.types.route_facts import Duty, Tariff, facts_of, is_of_tier
from schema.types.source import Source, is_stale, source_of
from schema.words import RouteFactSort

if TYPE_CHECKING:
    from schema.types.offer import OfferConnection


def _council(scope: Scope) -> Any:
    return scope.join(rows.council, lambda council: council.c.gss_code == scope.row.c.gss_code)


def _route(scope: Scope) -> Any:
    return scope.join(rows.route, lambda route: route.c.code == scope.row.c.code)


def _duties(scope: Scope) -> Rows:
    return facts_of(scope, RouteFactSort.DUTY, lambda fact: [is_of_tier(fact, scope.row.c.kind)])


def _partner_duties(scope: Scope) -> Rows:
    return facts_of(
        scope, RouteFactSort.DUTY, lambda fact: [is_of_tier(fact, scope.row.c.kind, other=True)]
    )


def _partners(scope: Scope) -> Rows:
    partner = rows.council.alias()
    return Rows(
        partner,
        where=[
            or_(
                partner.c.gss_code == scope.row.c.upper_tier_gss,
                partner.c.upper_tier_gss == scope.row.c.gss_code,
            )
        ],
        keys=[Key(partner.c.name, Text()), Key(partner.c.gss_code, Text())],
    )


def _offers(scope: Scope) -> Rows:
    """Its open offers that accept the route; those that name no route accept any."""

    def accepts(offer: FromClause) -> list[Any]:
        return [
            offer.c.council_gss == scope.row.c.gss_code,
            or_(
                func.cardinality(offer.c.route_codes) == 0,
                scope.row.c.code == func.any(offer.c.route_codes),
            ),
        ]

    return open_offers(where=accepts)


def _stale_sources(scope: Scope) -> Rows:
    found = route_facts.sources(scope)
    return replace(found, where=[*found.where, is_stale(scope, found.source)])


@strawberry.type(description="What a council must and may do for people on a route.")
class SupportGuide:
    """One council's part; in two-tier areas the other tier's stands beside it."""

    council: Council = one(_council)
    route: Route = one(_route)
    duties: list[Duty] = listing(_duties, description="Its own part.", length=20)
    partners: list[Council] = listing(
        _partners, description="The county above it, or the districts in it."
    )
    partner_duties: list[Duty] = listing(_partner_duties, description="The other tier's part.")
    tariffs: list[Tariff] = listing(route_facts.tariffs, length=12)
    stale_sources: list[Source] = listing(
        _stale_sources, description="What this leans on and is to be read again."
    )
    offers: Annotated["OfferConnection", strawberry.lazy("schema.types.offer")] = page(_offers)


def _tariff_facts(scope: Scope) -> Rows:
    fact = rows.route_fact.alias()
    return Rows(
        fact,
        where=[fact.c.sort == RouteFactSort.TARIFF.value],
        keys=[Key(fact.c.id, fact.c.id.type)],
    )


@strawberry.type(description="An amount for a stretch of a household's stay.")
class FundingLine:
    """The amount is that of the tariff times the quantity, to the penny."""

    kind: str = worked("kind")
    payee: str = worked("payee")
    amount: Decimal = worked("amount", description="Pounds.")
    quantity: Decimal = worked("quantity", description="People, months, or years in part.")
    from_: date | None = worked("begins", name="from")
    to: date | None = worked("ends", description="The first day that it is not for.")
    tariff: Tariff = picked(_tariff_facts, by="tariff")
    note: str | None = worked("note")


@strawberry.type(description="What is paid for one household over its stay.")
class Funding:
    """Dated lines that add up, to the penny."""

    lines: list[FundingLine] = worked("lines", length=20)
    total_to_council: Decimal = worked("total_to_council", description="Pounds.")
    total: Decimal = worked("total", description="Pounds, to whomever they are paid.")
    left_out: list[Tariff] = picked(
        _tariff_facts,
        by="left_out",
        description="Tariffs that depend on more than the household: bedspaces, programmes.",
    )


@strawberry.type(description="A change in the facts about a route.")
class RouteChange:
    """What began or ended, on a day as precise as its source."""

    route: Route = one(
        lambda scope: scope.join(rows.route, lambda of: of.c.code == scope.row.c.route_code)
    )
    on: str
    summary: str = worked("summary", description="In words.")
    source: Source | None = one(source_of)
    is_start: bool = expression(
        lambda scope: scope.row.c.is_start.cast(Boolean),
        description="Whether it began; else it ended.",
    )


@strawberry.type(description="What a command on a route did.")
class RoutePayload:
    """The route, or the problems that left all as it was."""

    route: Route | None
    problems: list[Problem]


@strawberry.type(description="What a command on a council did.")
class CouncilPayload:
    """The council, or the problems that left all as it was."""

    council: Council | None
    problems: list[Problem]
