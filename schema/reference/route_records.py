"""The shape of a route's file.

The days and moments in a rule's `value` stay as text, since an attribute decides what they mean;
every other day, moment and amount is typed, so that a slip is found when the file is read and
not when a family asks.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Discriminator, Field, Tag, model_validator

from schema.reference.records import (
    Code,
    DissentRecord,
    PartialDay,
    Record,
    SourceRecord,
    Text,
)
from schema.words import Basis, Confidence, Nation, RouteStatus

Pounds = Annotated[Decimal, Field(ge=0, decimal_places=2)]


class Dated(Record):
    """A fact in force from one day up to, not including, another; None is open."""

    valid_from: date | None
    valid_to: date | None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError("valid_to must come after valid_from")
        return self


class WindowRecord(Record):
    """A stretch of time in which a route is open, paused or closed: half-open.

    `precision` is that of `valid_from`: a day, month or year stands at its first midnight, London.
    """

    status: RouteStatus
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None
    precision: Literal["moment", "day", "month", "year"]
    basis: Basis
    confidence: Confidence
    note: Text | None
    source: SourceRecord | None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError("valid_to must come after valid_from")
        return self


class Cited(Dated):
    """A dated fact with what it rests on."""

    source: SourceRecord | None
    basis: Basis
    confidence: Confidence
    note: Text | None


class LeaveRecord(Cited):
    """How long a grant lasts. Months and indefinite both absent: it follows another's leave."""

    variant: Text
    months: int | None
    is_indefinite: bool
    valid_from_at: AwareDatetime | None
    valid_to_at: AwareDatetime | None
    other_sources: tuple[DissentRecord, ...]


class Condition(Record):
    """Something that must be so: a subject's attribute, an operator, a value of its type."""

    subject: Literal["applicant", "sponsor", "child"]
    attribute: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    operator: Literal["eq", "in", "not_in", "lt", "lte", "gt", "gte", "between"]
    value: bool | int | str | tuple[int | str, ...]


class RuleRecord(Cited, Condition):
    """One clause of who is eligible; `*_at` gives the moment where the law gave one.

    `unless` lets off those of whom it is known to be so: a British sponsor needs no leave.
    """

    unless: Condition | None
    valid_from_at: AwareDatetime | None
    valid_to_at: AwareDatetime | None
    other_sources: tuple[DissentRecord, ...]


class RuleGroupRecord(Record):
    """Clauses of which one must hold; `key` names the group within its route."""

    key: Code
    any_of: Annotated[tuple[RuleRecord, ...], Field(min_length=2)]


class DutyRecord(Cited):
    """What a council must or may do, or what is no part of the route (NONE)."""

    kind: Code
    level: Literal["MUST", "MAY", "NONE"]
    tier: Literal["UPPER", "LOWER", "ALL"]


class TariffRecord(Cited):
    """What is paid; `applies_to` says which date picks the row, `most_months` for how long."""

    kind: Code
    amount: Pounds
    per: Text
    period: Text
    payee: Literal["council", "sponsor", "guest", "nhs"]
    applies_to: Text
    most_months: int | None = None
    other_sources: tuple[DissentRecord, ...] = ()


class EventRecord(Record):
    """What happened to a route, and when."""

    on: PartialDay
    event: Text


class FeeRecord(Dated):
    """A fee by the months of leave it buys."""

    months: int
    fee_pounds: Pounds
    confidence: Confidence
    note: Text | None


def _rule_or_group(entry: Any) -> str:
    is_group = "any_of" in entry if isinstance(entry, Mapping) else hasattr(entry, "any_of")
    return "group" if is_group else "rule"


RuleEntry = Annotated[
    Annotated[RuleRecord, Tag("rule")] | Annotated[RuleGroupRecord, Tag("group")],
    Discriminator(_rule_or_group),
]


class RouteRecord(Record):
    """A visa or resettlement route with its dated facts; `facts` is its file, whole and untouched.

    Facts that no column names (health surcharge, right to work, family scope, figures) are read
    from `facts`.
    """

    model_config = ConfigDict(extra="ignore")

    code: Code
    name: Text
    official_name: Text
    nations: tuple[Nation, ...]
    summary: Text
    opens_on: date
    opens_at: AwareDatetime | None
    closes_on: date | None
    closes_at: AwareDatetime | None
    closing_status: Literal["PAUSED", "CLOSED"] | None
    windows: Annotated[tuple[WindowRecord, ...], Field(min_length=1)]
    leave_months: int | None
    leave_is_indefinite: bool
    leave_options: tuple[LeaveRecord, ...]
    sponsor_required: bool
    fee_pounds: Pounds | None
    fee_history: tuple[FeeRecord, ...]
    events: tuple[EventRecord, ...]
    rules: tuple[RuleEntry, ...]
    duties: tuple[DutyRecord, ...]
    tariffs: tuple[TariffRecord, ...]
    sources: tuple[SourceRecord, ...]
    recorded_at: AwareDatetime
    facts: dict[str, Any]
