"""What commands on routes and twinnings take."""

from datetime import date

import strawberry

from schema.words import RouteFactSort, TwinningStatus


@strawberry.input(description="A fact about a route, and where it is from.")
class RouteFactInput:
    """A fact that supersedes what was known of the same thing for the same time."""

    route_code: str
    sort: RouteFactSort
    body: str = strawberry.field(
        description="JSON: the fields of its sort (WINDOW: status; LEAVE: variant, months, "
        "is_indefinite; RULE: subject, attribute, operator, value, any_of, clause; DUTY: kind, "
        "level, tier; TARIFF: kind, amount, per, period, payee, applies_to), and for any sort "
        "note, confidence, valid_from_at and valid_to_at."
    )
    valid_from: date | None = strawberry.UNSET
    valid_to: date | None = strawberry.field(
        default=strawberry.UNSET, description="The first day on which it doesn't hold."
    )
    source_title: str
    source_url: str | None = strawberry.UNSET


@strawberry.input(description="What a council decided about a link with a city abroad.")
class TwinningDecisionInput:
    """A decision; the country is ISO 3166 alpha-3."""

    gss_code: str
    partner_city: str
    partner_country: str
    status: TwinningStatus
    decided_on: date
    reason: str
