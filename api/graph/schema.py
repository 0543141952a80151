"""The GraphQL schema, put together from its subjects."""

from functools import cache

import strawberry
from strawberry.schema.config import StrawberryConfig

from api.graph.allocations import AllocationMutations, AllocationQueries
from api.graph.availability import AvailabilitySubscriptions
from api.graph.break_glass import BreakGlassMutations, BreakGlassQueries
from api.graph.candidates import CandidateQueries
from api.graph.commands import OfferMutations
from api.graph.councils import CouncilQueries
from api.graph.eligibility import EligibilityQueries
from api.graph.following import RequestSubscriptions
from api.graph.guidance_commands import GuidanceMutations
from api.graph.guide import GuideQueries
from api.graph.nodes import NodeQueries
from api.graph.offers import OfferQueries
from api.graph.reports import ReportQueries
from api.graph.requests import RequestMutations, RequestQueries
from api.graph.routes import RouteQueries
from api.graph.viewers import ViewerQueries


@strawberry.type(description="What can be asked.")
class Query(
    NodeQueries,
    ViewerQueries,
    OfferQueries,
    CouncilQueries,
    RouteQueries,
    EligibilityQueries,
    GuideQueries,
    RequestQueries,
    CandidateQueries,
    BreakGlassQueries,
    AllocationQueries,
    ReportQueries,
):
    """The root of queries."""


@strawberry.type(description="What can be done.")
class Mutation(
    OfferMutations,
    GuidanceMutations,
    RequestMutations,
    AllocationMutations,
    BreakGlassMutations,
):
    """The root of commands."""


@strawberry.type(description="What can be followed.")
class Subscription(AvailabilitySubscriptions, RequestSubscriptions):
    """The root of subscriptions."""


@cache
def make_schema() -> strawberry.Schema:
    """The whole schema; made once for each process."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(disable_field_suggestions=True),
    )
