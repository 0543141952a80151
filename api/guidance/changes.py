"""A change in a route's facts, in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schema.words import RouteFactSort, RouteStatus

Body = Mapping[str, Any]

WINDOWS = {
    RouteStatus.OPEN: "It opened to applications.",
    RouteStatus.PAUSED: "Applications were paused.",
    RouteStatus.CLOSED: "It closed to applications.",
}
LEVELS = {"MUST": "must", "MAY": "may", "NONE": "have no part in"}
TIERS = {"UPPER": "Upper-tier councils", "LOWER": "Lower-tier councils", "ALL": "Councils"}
ABBREVIATION = re.compile(r"^(esol|uasc)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Told:
    """A change as the officer reads it."""

    summary: str


def told(
    given: None,
    sort: str,
    body: Body,
    before: Body | None,
    words: Mapping[str, str],
    kind: str | None,
    is_start: bool,
) -> Told:
    """What begins or ends, and what was before; `kind` is a duty's kind of support."""
    match sort:
        case RouteFactSort.WINDOW:
            found = WINDOWS[RouteStatus(body["status"])] if is_start else "Its window ended."
        case RouteFactSort.LEAVE:
            found = _leave(body, before, is_start)
        case RouteFactSort.RULE:
            clause = words.get("EN", "")
            found = f"New rule: {clause}" if is_start else f"No longer a rule: {clause}"
        case RouteFactSort.DUTY:
            verb = "" if is_start else "no longer "
            found = f"{TIERS[body['tier']]} {verb}{LEVELS[body['level']]}: {kind}."
        case _:
            found = _tariff(body, before, is_start)
    return Told(found)


def _length(body: Body) -> str:
    if body["is_indefinite"]:
        return "without end"
    return "as long as another's" if body["months"] is None else f"{body['months']} months"


def _leave(body: Body, before: Body | None, is_start: bool) -> str:
    name = f"Leave ({body['variant']})"
    if not is_start:
        return f"{name} of {_length(body)} is granted no more."
    return f"{name} is now {_length(body)}" + (f"; it was {_length(before)}." if before else ".")


def _tariff(body: Body, before: Body | None, is_start: bool) -> str:
    kind = ABBREVIATION.sub(
        lambda found: found[0].upper(), body["kind"].replace("-", " ").capitalize()
    )
    unit = f"for each {body['per']}, {body['period']}"
    if not is_start:
        return f"{kind}: {_pounds(body)} {unit} is paid no more."
    was = f"; it was {_pounds(before)}." if before else "."
    return f"{kind}: now {_pounds(body)} {unit}{was}"


def _pounds(body: Body) -> str:
    amount = Decimal(body["amount"])
    return f"{amount:,.0f} pounds" if amount == amount.to_integral() else f"{amount:,.2f} pounds"
