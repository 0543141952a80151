"""The command that hides where a household would like to live, for its safety."""

import strawberry
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from api.offers.addresses import listed
from api.requests.commands import Outcome, own_request
from api.requests.events import TOPIC
from api.store.composed import Composed
from api.writing.audit import Event
from api.writing.outbox import Message
from api.writing.problems import declined
from api.writing.unit_of_work import Change
from schema.types import rows
from schema.words import ProblemCode

PLACE = ("postcode_district", "easting", "northing", "within_km")
PREFERRED = ("preferred_gss_codes", "preferred_regions")

_EMPTY = """
    UPDATE request SET
        postcode_district = NULL, easting = NULL, northing = NULL, within_km = NULL,
        preferred_gss_codes = '{}', preferred_regions = '{}',
        updated_at = now(), version = version + 1
    WHERE id = $1
"""
_contact = rows.request_contact
_KEPT = ("sealed", "sealed_with", "protected_at", "shown_to")
_KEEP = Composed(
    insert(_contact)
    .values(dict.fromkeys(("request_id", *_KEPT)))
    .on_conflict_do_update(
        index_elements=["request_id"],
        set_={name: bindparam(f"new_{name}", type_=_contact.c[name].type) for name in _KEPT},
    )
)
_KNOWN = "SELECT protected_at FROM request_contact WHERE request_id = $1"


async def protect_request(change: Change, request_id: strawberry.ID, show_to: list[str]) -> Outcome:
    """Hide a household's contact and place from all but councils and members listed.

    Councils by GSS code, members by subject; who protects it is on the list. Where it would like to
    live is sealed with its contact, so that nothing is worked out from it, and no reason of a match
    tells it. Again, it changes the list.
    """
    request = await own_request(change, request_id, "requestId")
    connection, key = change.connection, request["id"]
    known = await connection.fetchrow(_KNOWN, key)
    found = {}
    if known:
        sealed = await connection.fetchval("SELECT hearth_contact($1)", key)
        if sealed is None:
            raise declined(
                ProblemCode.NOT_FOUND, "You aren't on this household's list.", "requestId"
            )
        found = change.sealing.read("request", key, sealed)
    if not (known and known["protected_at"]):
        found |= {name: request[name] for name in (*PLACE, *PREFERRED)}
        found["protected_place"] = _in_words(found)
        await connection.execute(_EMPTY, key)
        await connection.execute("SELECT hearth_forget_place($1, NULL)", key)
    new = {
        "sealed": change.sealing.seal("request", key, found),
        "sealed_with": change.sealing.name,
        "protected_at": (known and known["protected_at"]) or change.actor.entered_at,
        "shown_to": await listed(change, show_to),
    }
    again = {f"new_{name}": value for name, value in new.items()}
    await _KEEP.run(connection, request_id=key, **new, **again)
    event = Event(
        "protectRequest",
        None,
        "Request",
        key,
        {},
        "protected: its place is hidden",
        organisation_id=request["organisation_id"],
        request_id=key,
    )
    await change.record(event, Message(TOPIC, {"request_id": str(key)}))
    return Outcome(request=f"request_{key}")


def _in_words(found: dict[str, object]) -> str | None:
    near = found["postcode_district"] or (
        f"easting {found['easting']:.0f}, northing {found['northing']:.0f}"
        if found["easting"] is not None
        else None
    )
    parts = [f"within {found['within_km']:g} km of {near}"] if near else []
    parts += [", ".join(found[name]) for name in PREFERRED if found[name]]  # type: ignore[arg-type]
    return "; ".join(parts) or None
