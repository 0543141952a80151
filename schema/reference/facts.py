"""The dated facts of a route's file, each as one row of what is known: when, what, and why."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from schema.reference.records import DissentRecord, SourceRecord
from schema.reference.route_records import Cited, RouteRecord, RuleRecord
from schema.words import Basis, Confidence, Precision, RouteFactSort

LONDON = ZoneInfo("Europe/London")
# What every fact has beside its body.
AROUND = {
    "basis",
    "confidence",
    "note",
    "other_sources",
    "precision",
    "source",
    "valid_from",
    "valid_from_at",
    "valid_to",
    "valid_to_at",
}


@dataclass(frozen=True)
class Fact:
    """A dated fact; `valid_from` and `valid_to` are moments (half-open), None where open.

    `key` names what the fact is about: of one key, one fact holds at a time. `column` says where
    it stands in the route's file.
    """

    sort: RouteFactSort
    key: str
    column: str
    body: dict[str, Any]
    valid_from: datetime | None
    valid_from_is: Precision
    valid_to: datetime | None
    valid_to_is: Precision
    source: SourceRecord | None
    dissents: tuple[DissentRecord, ...]
    basis: Basis
    confidence: Confidence
    note: str | None


def facts_of(route: RouteRecord) -> Iterator[Fact]:
    """Every window, leave, rule, duty and tariff of a route, in its file's order."""
    yield from _windows(route)
    for number, leave in enumerate(route.leave_options):
        yield _cited(route, RouteFactSort.LEAVE, f"leave_options[{number}]", leave)
    for number, entry in enumerate(route.rules):
        if isinstance(entry, RuleRecord):
            yield _cited(route, RouteFactSort.RULE, f"rules[{number}]", entry, any_of=None)
            continue
        for part, rule in enumerate(entry.any_of):
            column = f"rules[{number}].any_of[{part}]"
            yield _cited(route, RouteFactSort.RULE, column, rule, any_of=entry.key)
    for number, duty in enumerate(route.duties):
        yield _cited(route, RouteFactSort.DUTY, f"duties[{number}]", duty)
    for number, tariff in enumerate(route.tariffs):
        yield _cited(route, RouteFactSort.TARIFF, f"tariffs[{number}]", tariff)


def key_of(route_code: str, sort: RouteFactSort, body: dict[str, Any]) -> str:
    """The key of a fact with that body.

    Windows of a route follow one another, and so do amounts of one tariff; a rule that asks for
    something else is another rule.
    """
    told: dict[RouteFactSort, tuple[str, ...]] = {
        RouteFactSort.WINDOW: (),
        RouteFactSort.LEAVE: ("variant",),
        RouteFactSort.RULE: ("any_of", "subject", "attribute", "operator", "value"),
        RouteFactSort.DUTY: ("kind", "tier"),
        RouteFactSort.TARIFF: ("kind", "per", "period", "payee", "applies_to"),
    }
    parts = [body[name] for name in told[sort]]
    said = [part if isinstance(part, str) else json.dumps(part) for part in parts]
    return "/".join([route_code, sort.lower(), *said])


def _windows(route: RouteRecord) -> Iterator[Fact]:
    for number, (window, after) in enumerate(pairwise([*route.windows, None])):
        assert window is not None
        body = {"status": window.status.value}
        yield Fact(
            sort=RouteFactSort.WINDOW,
            key=key_of(route.code, RouteFactSort.WINDOW, body),
            column=f"windows[{number}]",
            body=body,
            valid_from=window.valid_from,
            valid_from_is=Precision(window.precision.upper()),
            valid_to=window.valid_to,
            valid_to_is=Precision((after.precision if after else "day").upper()),
            source=window.source,
            dissents=(),
            basis=window.basis,
            confidence=window.confidence,
            note=window.note,
        )


def _cited(
    route: RouteRecord, sort: RouteFactSort, column: str, record: Cited, **more: Any
) -> Fact:
    body = told(record) | more
    begins, begins_is = edge(record.valid_from, getattr(record, "valid_from_at", None))
    ends, ends_is = edge(record.valid_to, getattr(record, "valid_to_at", None))
    return Fact(
        sort=sort,
        key=key_of(route.code, sort, body),
        column=column,
        body=body,
        valid_from=begins,
        valid_from_is=begins_is,
        valid_to=ends,
        valid_to_is=ends_is,
        source=record.source,
        dissents=getattr(record, "other_sources", ()),
        basis=record.basis,
        confidence=record.confidence,
        note=record.note,
    )


def told(record: Cited) -> dict[str, Any]:
    """What a fact's sort has, as it is kept."""
    return record.model_dump(mode="json", exclude=AROUND)


def edge(day: date | None, moment: datetime | None) -> tuple[datetime | None, Precision]:
    """A fact's beginning or end, by its day or moment, and how precise that is."""
    if moment is not None:
        return moment, Precision.MOMENT
    # A day begins at its midnight in London.
    begins = None if day is None else datetime.combine(day, time.min, LONDON)
    return begins, Precision.DAY
