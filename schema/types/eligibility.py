"""What a route's rules come to for a household, and what is still to be asked."""

import json
from functools import cache

import strawberry
from sqlalchemy import ColumnElement, Text, Uuid, case, cast, func, literal, select, true
from sqlalchemy.dialects.postgresql import JSONB

from schema.reference.files import read_words
from schema.reference.wording import window_key
from schema.types import rows
from schema.types.reads import Key, Rows, Scope, expression, one, picked, worked
from schema.types.route import Route
from schema.types.route_facts import RouteRule, in_force
from schema.words import (
    AttributeType,
    Basis,
    Confidence,
    Language,
    Precision,
    RouteFactSort,
    RouteStatus,
    Verdict,
)

WINDOW_CLAUSE = {"subject": "route", "attribute": "window", "operator": "eq", "value": "OPEN"}
RULES_TAKEN = 20
SHOWN = (
    "id",
    "body",
    "words",
    "valid",
    "valid_from_is",
    "valid_to_is",
    "source_id",
    "basis",
    "confidence",
    "note",
)


def window_id(route_code: ColumnElement[str]) -> ColumnElement[object]:
    """The id of the clause that a route takes applications, the same at every moment."""
    return cast(func.md5("window/" + route_code), Uuid)


@cache
def _not_yet() -> dict[str, str]:
    key = window_key(RouteStatus.NOT_YET_OPEN)
    return {language.value: words[key] for language, words in read_words().items() if key in words}


def clauses(scope: Scope) -> Rows:
    """Every rule in force, and for each route the clause that it takes applications."""
    rule = rows.route_fact.alias()
    asked = select(*(rule.c[name] for name in SHOWN)).where(
        rule.c.sort == RouteFactSort.RULE.value, *in_force(scope, rule)
    )
    route, each = rows.route.alias(), rows.route_fact.alias()
    is_now = each.c.valid.op("@>", is_comparison=True)(scope.moment)
    # Where none is in force, the next: it will say from when the route is open, and by what source.
    window = (
        select(each, is_now.label("is_now"))
        .where(
            each.c.route_code == route.c.code,
            each.c.sort == RouteFactSort.WINDOW.value,
            each.c.known.op("@>", is_comparison=True)(scope.known),
        )
        .order_by(is_now.desc(), each.c.valid)
        .limit(1)
        .lateral()
    )
    opening = select(
        window_id(route.c.code).label("id"),
        _json(WINDOW_CLAUSE).label("body"),
        case((window.c.is_now, window.c.words), else_=_json(_not_yet())).label("words"),
        window.c.valid,
        func.coalesce(window.c.valid_from_is, Precision.DAY.value).label("valid_from_is"),
        func.coalesce(window.c.valid_to_is, Precision.DAY.value).label("valid_to_is"),
        window.c.source_id,
        func.coalesce(window.c.basis, Basis.UNVERIFIED.value).label("basis"),
        func.coalesce(window.c.confidence, Confidence.LOW.value).label("confidence"),
        window.c.note,
    ).select_from(route.outerjoin(window, true()))
    found = asked.union_all(opening).subquery("clause")
    return Rows(found, keys=[Key(found.c.id, Uuid())])


def _json(value: dict[str, str]) -> ColumnElement[object]:
    return cast(literal(json.dumps(value), Text()), JSONB)


def _question_in(scope: Scope, language: Language = Language.EN) -> ColumnElement[str]:
    """The question in plain words; English where no translation is kept."""
    english = scope.row.c.questions.op("->>", return_type=Text())(Language.EN.value)
    if language is Language.EN:
        return english
    said = scope.row.c.questions.op("->>", return_type=Text())(language.value)
    return func.coalesce(said, english)


@strawberry.type(description="Something still to be asked, so that a route can be decided.")
class FactQuestion:
    """A question; its answer goes into `other`, or the named fact where there is one."""

    subject: str
    attribute: str
    type: AttributeType
    choices: list[str] = strawberry.field(description="The values that rules know, if few.")
    question: str = expression(_question_in)


def _questions(scope: Scope) -> Rows:
    attribute = rows.fact_attribute.alias()
    return Rows(attribute, keys=[Key(attribute.c.key, Text())])


@strawberry.type(description="Whether a route is open to a household, and why.")
class EligibilityVerdict:
    """NOT_ELIGIBLE by the failing clauses; NEED_MORE until the missing facts are given."""

    route: Route = one(lambda scope: scope.row)
    verdict: Verdict = worked("verdict")
    failing: list[RouteRule] = picked(clauses, by="failing", length=RULES_TAKEN)
    passing: list[RouteRule] = picked(clauses, by="passing", length=RULES_TAKEN)
    missing_facts: list[str] = worked("missing", description="subject.attribute, fewest first.")
    questions: list[FactQuestion] = picked(_questions, by="missing")
