"""A fact as an editor writes it: the same shapes that the reference files have."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, ValidationError

from schema.reference.attributes import Attributes, problem_with
from schema.reference.facts import Fact, edge, key_of, told
from schema.reference.records import Record, SourceRecord, Text
from schema.reference.route_records import (
    Cited,
    DutyRecord,
    LeaveRecord,
    RuleRecord,
    TariffRecord,
)
from schema.words import Basis, Confidence, RouteFactSort, RouteStatus

Wrong = tuple[str, str]
"""The field of the body, and what is wrong with it."""


class WindowBody(Cited):
    """Whether the route takes applications."""

    status: RouteStatus


RECORDS: Mapping[RouteFactSort, type[Cited]] = {
    RouteFactSort.WINDOW: WindowBody,
    RouteFactSort.LEAVE: LeaveRecord,
    RouteFactSort.RULE: RuleRecord,
    RouteFactSort.DUTY: DutyRecord,
    RouteFactSort.TARIFF: TariffRecord,
}
OPTIONAL: Mapping[RouteFactSort, dict[str, Any]] = {
    RouteFactSort.WINDOW: {},
    RouteFactSort.LEAVE: {"months": None, "is_indefinite": False, "other_sources": ()},
    RouteFactSort.RULE: {"unless": None, "other_sources": ()},
    RouteFactSort.DUTY: {},
    RouteFactSort.TARIFF: {},
}


class _Around(Record):
    """What the body may say for any sort, besides what the sort has."""

    valid_from_at: AwareDatetime | None = None
    valid_to_at: AwareDatetime | None = None
    any_of: Text | None = None
    clause: Text | None = None


def published(
    route_code: str,
    sort: RouteFactSort,
    text: str,
    days: tuple[date | None, date | None],
    source: SourceRecord,
    attributes: Attributes,
) -> tuple[Fact | None, str | None, list[Wrong]]:
    """The fact that a body's text tells, its sentence if it has one, and all that is wrong."""
    try:
        given = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        return None, None, [("", f"The body is not JSON: {error}.")]
    if not isinstance(given, dict):
        return None, None, [("", "The body must be a JSON object.")]
    around = {name: given.pop(name) for name in list(given) if name in _Around.model_fields}
    common = {
        "valid_from": days[0],
        "valid_to": days[1],
        "source": source,
        "basis": Basis.SOURCED,
        "confidence": given.pop("confidence", Confidence.HIGH),
        "note": given.pop("note", None),
    }
    moments = {
        name: around.get(name)
        for name in ("valid_from_at", "valid_to_at")
        if name in RECORDS[sort].model_fields
    }
    try:
        more = _Around.model_validate(around)
        record = RECORDS[sort].model_validate(OPTIONAL[sort] | moments | given | common)
    except ValidationError as error:
        return None, None, [_wrong(each) for each in error.errors()]
    wrong = problem_with(record, attributes) if isinstance(record, RuleRecord) else None
    if wrong:
        return None, None, [(wrong[0], f"{wrong[1][:1].upper()}{wrong[1][1:]}.")]
    body = told(record) | ({"any_of": more.any_of} if sort is RouteFactSort.RULE else {})
    fact = _fact(route_code, sort, body, record)
    begins = edge(days[0], more.valid_from_at)
    ends = edge(days[1], more.valid_to_at)
    if begins[0] and ends[0] and ends[0] <= begins[0]:
        return None, None, [("valid_to_at", "It must end after it begins.")]
    fact = replace(
        fact,
        valid_from=begins[0],
        valid_from_is=begins[1],
        valid_to=ends[0],
        valid_to_is=ends[1],
    )
    return fact, more.clause, []


def _fact(route_code: str, sort: RouteFactSort, body: dict[str, Any], record: Cited) -> Fact:
    nothing: datetime | None = None
    return Fact(
        sort=sort,
        key=key_of(route_code, sort, body),
        column="body",
        body=body,
        valid_from=nothing,
        valid_from_is=edge(None, None)[1],
        valid_to=nothing,
        valid_to_is=edge(None, None)[1],
        source=record.source,
        dissents=(),
        basis=record.basis,
        confidence=record.confidence,
        note=record.note,
    )


def _wrong(error: Any) -> Wrong:
    field = ".".join(str(part) for part in error["loc"])
    return field, f"{field or 'The body'}: {error['msg']}."
