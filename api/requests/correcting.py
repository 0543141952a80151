"""The command that puts right what is kept about a household."""

from collections.abc import Mapping
from typing import Any

import strawberry
from sqlalchemy import bindparam, func
from sqlalchemy.dialects.postgresql import insert
from strawberry import UNSET

from api.requests import rules
from api.requests.commands import Outcome, own_request
from api.requests.events import TOPIC
from api.store.composed import Composed
from api.writing.audit import Event
from api.writing.outbox import Message
from api.writing.problems import Problems, declined
from api.writing.unit_of_work import Change
from schema.types import rows
from schema.types.request_inputs import CorrectRequestInput, HouseholdInput
from schema.words import ProblemCode, RequestStatus

NEEDS = ("adults", "child_ages", "languages", "needs_step_free", "has_pets", "women_only")
# What is sealed, by its name in the input.
SEALED = {
    "contact_name": "name",
    "contact_email": "email",
    "contact_phone": "phone",
    "nationality": "nationality",
}
_request, _contact = rows.request, rows.request_contact
_CORRECT = Composed(
    _request.update()
    .where(_request.c.id == bindparam("request_id"))
    .values(
        {name: bindparam(f"new_{name}") for name in NEEDS}
        | {"updated_at": func.now(), "version": _request.c.version + 1}
    )
)
_SEAL = Composed(
    insert(_contact)
    .values(dict.fromkeys(("request_id", "sealed", "sealed_with")))
    .on_conflict_do_update(
        index_elements=["request_id"],
        set_={
            name: bindparam(f"new_{name}", type_=_contact.c[name].type)
            for name in ("sealed", "sealed_with")
        },
    )
)
_IS_KEPT = "SELECT EXISTS (SELECT FROM request_contact WHERE request_id = $1)"
_COUNTS = """
    SELECT EXISTS (
        SELECT FROM match
        WHERE request_id = $1
            AND (state IN ('PROPOSED', 'ACCEPTED', 'PLACED')
                OR (state = 'HELD' AND held_until > now()))
    )
"""


async def correct_request(
    change: Change,
    request_id: strawberry.ID,
    input: CorrectRequestInput,  # noqa: A002
) -> Outcome:
    """Put right what is kept about a household; what is left out stays as it is.

    Null takes a contact, the nationality or the notes away. The history tells what was put right,
    never from what to what.
    """
    request = await own_request(change, request_id, "requestId")
    if request["status"] in (RequestStatus.WITHDRAWN, RequestStatus.CLOSED):
        raise declined(ProblemCode.ALREADY_DONE, "The request has ended.", "requestId")
    connection, key, household = change.connection, request["id"], input.household
    known = await _known(change, key)
    asked = {name: getattr(household, name) for name in (*NEEDS, *SEALED)}
    given = {
        name: request[name] if asked[name] in (UNSET, None) else asked[name] for name in NEEDS
    } | {
        name: known.get(part) if asked[name] is UNSET else asked[name]
        for name, part in SEALED.items()
    }
    notes = known.get("notes") if input.notes is UNSET else input.notes
    problems = Problems("input")
    needs = rules.household(HouseholdInput(**given), problems.within("household"))
    sealed = known | rules.contact(HouseholdInput(**given), notes or "", problems)
    changed = [name for name in NEEDS if needs[name] != request[name]]
    told = [name for name in (*SEALED.values(), "notes") if sealed[name] != known.get(name)]
    if _size(needs) != _size(request) and await connection.fetchval(_COUNTS, key):
        problems.add(
            "household",
            "A match counts on the size of the household: decline it, or have the placement ended, "
            "before the size is put right.",
        )
    problems.refuse_if_any()
    if not (changed or told):
        return Outcome(request=f"request_{key}")
    await _CORRECT.run(connection, request_id=key, **{f"new_{name}": needs[name] for name in NEEDS})
    if told:
        new = {
            "sealed": change.sealing.seal("request", key, sealed),
            "sealed_with": change.sealing.name,
        }
        again = {f"new_{name}": value for name, value in new.items()}
        await _SEAL.run(connection, request_id=key, **new, **again)
    event = Event(
        "correctRequest",
        None,
        "Request",
        key,
        {},
        f"put right: {', '.join(sorted(each.replace('_', ' ') for each in changed + told))}",
        organisation_id=request["organisation_id"],
        request_id=key,
    )
    await change.record(event, Message(TOPIC, {"request_id": str(key)}))
    return Outcome(request=f"request_{key}")


async def _known(change: Change, key: Any) -> dict[str, Any]:
    """What is sealed of the household; refused to who isn't on its list."""
    if not await change.connection.fetchval(_IS_KEPT, key):
        return {}
    sealed = await change.connection.fetchval("SELECT hearth_contact($1)", key)
    if sealed is None:
        raise declined(ProblemCode.NOT_FOUND, "You aren't on this household's list.", "requestId")
    return change.sealing.read("request", key, sealed)


def _size(of: Mapping[str, Any]) -> int:
    return int(of["adults"]) + len(of["child_ages"])
