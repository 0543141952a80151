"""What each step of a request leaves: an event, an audit event, a message; none holds a name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from api.store.composed import Composed
from api.writing.audit import Event
from api.writing.outbox import Message
from api.writing.unit_of_work import Change
from schema.tables.columns import uuid7
from schema.types import rows
from schema.words import Step

TOPIC = "request"

_APPEND = Composed(
    rows.request_event.insert()
    .inline()
    .values(
        dict.fromkeys(
            (
                "id",
                "request_id",
                "step",
                "organisation_id",
                "people",
                "kind_codes",
                "route_code",
                "match_id",
                "offer_id",
                "council_gss",
                "held_until",
                "reason",
            )
        )
    )
)


async def record(
    change: Change,
    command: str,
    step: Step,
    request: Mapping[str, Any],
    summary: str,
    *,
    changes: Mapping[str, Any] | None = None,
    match: Mapping[str, Any] | None = None,
    council_gss: str | None = None,
    held_until: datetime | None = None,
    reason: str | None = None,
) -> None:
    """Note a step; `reason` is a word of a closed set, never what somebody wrote."""
    found = match or {}
    gss = found.get("council_gss", council_gss)
    await _APPEND.run(
        change.connection,
        id=uuid7(),
        request_id=request["id"],
        step=step.value,
        organisation_id=request["organisation_id"],
        people=request["adults"] + len(request["child_ages"]),
        kind_codes=[found["kind_code"]] if match else request["kind_codes"],
        route_code=request["route_code"],
        match_id=found.get("id"),
        offer_id=found.get("offer_id"),
        council_gss=gss,
        held_until=held_until,
        reason=reason,
    )
    subject: tuple[str, UUID] = ("Match", found["id"]) if match else ("Request", request["id"])
    payload = {"request_id": str(request["id"])}
    if match:
        payload["offer_id"] = str(found["offer_id"])
    event = Event(
        command,
        gss,
        *subject,
        dict(changes or {}),
        summary,
        organisation_id=request["organisation_id"],
        request_id=request["id"],
    )
    await change.record(event, Message(TOPIC, payload))
