"""The query which routes a household's facts open."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Text, func, select

from api.guidance.eligibility import Condition, Id, Judgement, Rule, judge
from api.guidance.facts import NAMES, facts_of
from api.reading.kept import Kept
from api.reading.symbols import combined
from schema.reference.attributes import Attributes, typed
from schema.reference.files import read_attributes
from schema.text import clean
from schema.types import rows
from schema.types.eligibility import EligibilityVerdict, window_id
from schema.types.reads import Key, Rows, Scope, Work, listing
from schema.types.route import status_of
from schema.types.route_facts import in_force
from schema.words import LocationNow, RouteFactSort

RULES_KEPT = 10_000


@strawberry.input(description="A fact that a verdict asks for by its name.")
class FactInput:
    """The value is text: true or false, a whole number, a day (2021-12-31), a code or a choice."""

    subject: str
    attribute: str
    value: str


@strawberry.input(
    description="What is known of a household. What is absent is unknown, not false. "
    "A child's case is asked with the child as applicant."
)
class EligibilityFacts:
    """Facts about a household; nationalities are ISO 3166 alpha-3, GBN for BN(O)."""

    nationality: str | None = strawberry.UNSET
    immediate_family_nationality: str | None = strawberry.UNSET
    resident_in_ukraine_on: date | None = strawberry.field(
        default=strawberry.UNSET,
        description="The latest day before 2022 on which they lived there, if any.",
    )
    location_now: LocationNow | None = strawberry.UNSET
    date_of_birth: date | None = strawberry.UNSET
    is_unaccompanied_minor: bool | None = strawberry.UNSET
    has_approved_sponsor: bool | None = strawberry.UNSET
    sponsor_status: str | None = strawberry.UNSET
    sponsor_leave_months: int | None = strawberry.UNSET
    accommodation_months: int | None = strawberry.UNSET
    sponsor_age: int | None = strawberry.UNSET
    relationship_to_sponsor: str | None = strawberry.UNSET
    uk_family_member_status: str | None = strawberry.UNSET
    current_leave_route: str | None = strawberry.UNSET
    current_leave_ends_on: date | None = strawberry.UNSET
    family_in_uk: bool | None = strawberry.UNSET
    other: list[FactInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Any other fact that a verdict's missingFacts or questions name.",
    )


@cache
def _attributes() -> Attributes:
    return read_attributes()


# Facts are never changed, so a rule that was read once need not be understood again.
_rules: Kept[Id, Rule] = Kept(RULES_KEPT)


def rule_of(fact_id: Id, body: Mapping[str, Any]) -> Rule:
    """A rule as the judge takes it, from the body of its fact."""
    return _rules.get(fact_id, lambda: _rule(fact_id, body))


def _rule(fact_id: Id, body: Mapping[str, Any]) -> Rule:
    unless = body.get("unless")
    return Rule(fact_id, _condition(body), body["any_of"], _condition(unless) if unless else None)


def _condition(body: Mapping[str, Any]) -> Condition:
    key = f"{body['subject']}.{body['attribute']}"
    value = body["value"]

    def one(each: Any) -> Any:
        return each if isinstance(each, bool) else typed(str(each), _attributes()[key].type)

    typed_value = tuple(one(each) for each in value) if isinstance(value, list) else one(value)
    return Condition(key, body["operator"], typed_value)


def _judged(
    given: tuple[Mapping[str, Any], list[Any]],
    moment: datetime,
    found: list[tuple[Id, Mapping[str, Any]]],
    window: Id,
    status: str,
) -> Judgement:
    named, other = given
    facts = facts_of(named, other, _attributes(), moment)
    rules = [rule_of(fact_id, body) for fact_id, body in found]
    return judge(rules, facts, window=window, status=status)


def _eligibility(
    scope: Scope,
    facts: EligibilityFacts,
    route_code: str | None = strawberry.UNSET,
    as_of: date | None = strawberry.UNSET,
    at: datetime | None = strawberry.UNSET,
    known_at: datetime | None = strawberry.UNSET,
) -> Rows:
    """Which routes these facts open on that day, which they do not and by which clause.

    And what is still to be asked. Of one route, where routeCode names it. Give asOf (a day) or
    at (a moment), not both.
    """
    route, rule = rows.route.alias(), rows.route_fact.alias()
    asked = (
        select(func.row(rule.c.id, rule.c.body))
        .where(
            rule.c.route_code == route.c.code,
            rule.c.sort == RouteFactSort.RULE.value,
            *in_force(scope, rule),
        )
        .order_by(rule.c.position)
        .correlate(route)
    )
    where: list[ColumnElement[bool]] = [route.c.recorded_at <= scope.known]
    if route_code is not None and route_code is not strawberry.UNSET:
        where.append(route.c.code == scope.bind(route_code, Text(), clean))
    return Rows(
        route,
        where=where,
        keys=[Key(route.c.code, Text())],
        work=Work(
            _judged,
            [
                scope.moment.label("moment"),
                func.array(asked.scalar_subquery()),
                window_id(route.c.code),
                status_of(scope, route),
            ],
            given=combined(_given, facts.other, *(getattr(facts, name) for name in NAMES)),
        ),
    )


def _given(other: list[Any] | None, *named: Any) -> tuple[dict[str, Any], list[Any]]:
    parts = ("subject", "attribute", "value")
    told = [
        tuple(each[part] if isinstance(each, dict) else getattr(each, part) for part in parts)
        for each in other or ()
    ]
    return dict(zip(NAMES, named, strict=True)), told


@strawberry.type
class EligibilityQueries:
    """The query which routes a household's facts open."""

    eligibility: list[EligibilityVerdict] = listing(_eligibility, cost=100, length=16)
