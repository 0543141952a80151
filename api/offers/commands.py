"""Commands on offers. Each runs in the unit of work's transaction, and records itself once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import strawberry
from strawberry import UNSET

from api.offers import asked, rules, statements
from api.writing.audit import Event
from api.writing.idempotency import once
from api.writing.outbox import Message
from api.writing.problems import Problems, declined
from api.writing.unit_of_work import Change
from schema.tables.columns import uuid7
from schema.types.node import uuid_of
from schema.types.offer_inputs import CreateOfferInput, UpdateOfferInput
from schema.types.problem import Problem
from schema.words import Audience, OfferStatus, ProblemCode

TOPIC = "offer"


@dataclass(frozen=True)
class Outcome:
    """What a command did: the ids of what it touched, or the problems."""

    offer: str | None = None
    check: str | None = None
    problems: list[Problem] = field(default_factory=list)


async def create_offer(change: Change, input: CreateOfferInput) -> Outcome:  # noqa: A002
    """Record a new offer, as a draft."""
    given = {name: value for name, value in vars(input).items() if value is not UNSET}
    key = given.pop("idempotency_key", None)
    payload = {name: value if value is None else str(value) for name, value in given.items()}

    async def work() -> dict[str, Any]:
        return {"offer": await _create(change, given)}

    return Outcome(**await once(change, "createOffer", key, payload, work))


async def _create(change: Change, given: dict[str, Any]) -> str:
    problems = Problems("input")
    council_gss = await _council(change, given.pop("gss_code", None), problems)
    kind_code = given.pop("kind").strip()
    given["places"] = given.pop("places_total")
    columns = dict.fromkeys(statements.CHANGEABLE) | {"external_ref": None}
    offer = columns | {"taken": 0, "held": 0} | rules.tidied(given, problems)
    if "\0" in kind_code or not await statements.FIND_KIND.row(
        change.connection, kind_code=kind_code
    ):
        problems.add("kind", "There is no such kind of support; supportKinds lists them.")
    rules.check_numbers(offer, problems)
    await _check_routes(change, offer["route_codes"], problems)
    problems.refuse_if_any()
    assert council_gss is not None
    offer_id = uuid7()
    stored = {
        **{column: offer[column] for column in columns},
        "kind_code": kind_code,
        "id": offer_id,
        "council_gss": council_gss,
        "location_code": await find_location(change, offer["postcode_district"], council_gss),
        "status": OfferStatus.DRAFT.value,
    }
    await statements.INSERT_OFFER.run(change.connection, **stored)
    changes = {name: [None, value] for name, value in stored.items() if name != "id"}
    summary = f"created as a draft: {stored['title']}"
    await _record(change, "createOffer", offer_id, council_gss, changes, summary, version=1)
    return f"offer_{offer_id}"


async def update_offer(change: Change, input: UpdateOfferInput) -> Outcome:  # noqa: A002
    """Change an offer; absent means unchanged, null means cleared."""
    given = {name: value for name, value in vars(input).items() if value is not UNSET}
    before = await _locked(change, given.pop("id"), given.pop("expected_version"), "input")
    if before["status"] == OfferStatus.CLOSED:
        raise declined(ProblemCode.INVALID, "A closed offer can't be changed.", "input", "id")
    problems = Problems("input")
    if "places_total" in given:
        given["places"] = given.pop("places_total")
    new = rules.tidied(given, problems)
    rules.check_numbers({**before, **new}, problems)
    if "route_codes" in new:
        await _check_routes(change, new["route_codes"], problems)
    problems.refuse_if_any()
    if "postcode_district" in new:
        await _refuse_protected(change, before["id"])
        new["location_code"] = await find_location(
            change, new["postcode_district"], before["council_gss"]
        )
    return await _save(change, "updateOffer", before, new)


async def publish_offer(change: Change, id: strawberry.ID, expected_version: int) -> Outcome:  # noqa: A002
    """Open a draft or paused offer to all."""
    before = await _locked(change, id, expected_version)
    _refuse_status(before, OfferStatus.OPEN)
    problem = rules.refusal_of_opening(before, change.today)
    if problem:
        raise declined(ProblemCode.INVALID, problem, "id")
    problems = Problems()
    await check_council_exists(change, before["council_gss"], problems, "id")
    problems.refuse_if_any()
    new = {"status": OfferStatus.OPEN.value, "last_confirmed_on": change.today}
    return await _save(change, "publishOffer", before, new)


async def pause_offer(
    change: Change,
    id: strawberry.ID,  # noqa: A002
    expected_version: int,
    reason: str | None = UNSET,
) -> Outcome:
    """Take an open offer off the list for a while. The reason names nobody: the audit keeps it."""
    before = await _locked(change, id, expected_version)
    _refuse_status(before, OfferStatus.PAUSED)
    new = {"status": OfferStatus.PAUSED.value}
    return await _save(change, "pauseOffer", before, new, _reason(reason or None))


async def close_offer(
    change: Change,
    id: strawberry.ID,  # noqa: A002
    expected_version: int,
    reason: str,
) -> Outcome:
    """Close an offer for good. The reason names nobody: the audit keeps it."""
    before = await _locked(change, id, expected_version)
    _refuse_status(before, OfferStatus.CLOSED)
    said = _reason(reason)
    if not said:
        raise declined(ProblemCode.INVALID, "Say why the offer is closed.", "reason")
    return await _save(change, "closeOffer", before, {"status": OfferStatus.CLOSED.value}, said)


async def confirm_offer(change: Change, id: strawberry.ID, expected_version: int) -> Outcome:  # noqa: A002
    """Note that the offer still stands: the officer has asked and nothing changed."""
    before = await _locked(change, id, expected_version)
    if before["status"] == OfferStatus.CLOSED:
        raise declined(ProblemCode.INVALID, "A closed offer can't be confirmed.", "id")
    return await _save(change, "confirmOffer", before, {"last_confirmed_on": change.today})


async def locked_offer(change: Change, offer_id: str, *path: str) -> Mapping[str, Any]:
    """An offer of the actor's own, locked until the end; NOT_FOUND else, whatever the reason."""
    row = await statements.LOCK_OFFER.row(change.connection, offer_id=uuid_of(TOPIC)(offer_id))
    if row is None:
        raise declined(
            ProblemCode.NOT_FOUND, "Your council has no offer with this id; check it.", *path
        )
    return dict(row)


async def _locked(
    change: Change, offer_id: str, expected_version: int, *path: str
) -> Mapping[str, Any]:
    row = await locked_offer(change, offer_id, *path, "id")
    if row["version"] != expected_version:
        raise _conflict(row["version"], expected_version, *path)
    return row


async def _refuse_protected(change: Change, offer_id: UUID) -> None:
    address = await statements.FIND_ADDRESS.row(change.connection, offer_id=offer_id)
    if address and address["protected_at"]:
        raise declined(
            ProblemCode.INVALID,
            "The offer is protected, so it shows no district; end that with unprotectOffer first.",
            "input",
            "postcodeDistrict",
        )


def _conflict(current: int, expected: int, *path: str) -> Exception:
    return declined(
        ProblemCode.CONFLICT,
        f"The offer is at version {current} now, not {expected}: "
        "somebody changed it. Read it again and repeat your change on that.",
        *path,
        "expectedVersion",
    )


def _refuse_status(before: Mapping[str, Any], wanted: OfferStatus) -> None:
    problem = rules.refusal_of_status(before["status"], wanted)
    if problem:
        is_done = before["status"] == wanted
        code = ProblemCode.ALREADY_DONE if is_done else ProblemCode.INVALID
        raise declined(code, problem, "id")


def _reason(given: str | None) -> str:
    problems = Problems()
    reason = rules.text("reason", given or "", rules.LONGEST_REASON, problems)
    problems.refuse_if_any()
    return reason


async def _save(
    change: Change,
    command: str,
    before: Mapping[str, Any],
    new: dict[str, Any],
    reason: str = "",
) -> Outcome:
    after = {column: new.get(column, before[column]) for column in statements.CHANGEABLE}
    row = await statements.UPDATE_OFFER.row(
        change.connection,
        offer_id=before["id"],
        expected_version=before["version"],
        **{f"new_{column}": value for column, value in after.items()},
    )
    assert row is not None, "the row is locked, and its version was checked"
    if after["status"] == OfferStatus.OPEN:
        gss, kind = before["council_gss"], before["kind_code"]
        await asked.ask(change, before["id"], gss, kind, after["route_codes"] or ())
    changes = rules.changes_between(before, after)
    shown = {column: pair for column, pair in changes.items() if column != "location_code"}
    summary = rules.in_words(shown) + (f" ({reason})" if reason else "")
    if reason:
        changes["reason"] = [None, reason]
    await _record(
        change,
        command,
        before["id"],
        before["council_gss"],
        changes,
        summary,
        version=row["version"],
    )
    return Outcome(offer=f"offer_{before['id']}")


async def _record(
    change: Change,
    command: str,
    offer_id: UUID,
    council_gss: str,
    changes: dict[str, Any],
    summary: str,
    *,
    version: int,
) -> None:
    await change.record(
        Event(command, council_gss, "Offer", offer_id, changes, summary),
        Message(TOPIC, {"offer_id": str(offer_id), "version": version}),
    )


async def _council(change: Change, given: str | None, problems: Problems) -> str | None:
    own = change.actor.council_gss
    wanted = given.strip() if given else own
    is_admin = change.actor.viewer.audience is Audience.ADMIN
    if wanted is None:
        problems.add("gssCode", "Say which council's offer this is.")
    elif "\0" in wanted or (wanted != own and not is_admin):
        problems.add("gssCode", "This is no council of yours.", ProblemCode.NOT_FOUND)
    elif await check_council_exists(change, wanted, problems, "gssCode"):
        return wanted
    return None


async def check_council_exists(
    change: Change, gss_code: str, problems: Problems, path: str, *, or_did: bool = False
) -> bool:
    """Whether there is such a council today, or ever was with `or_did`; a problem where not."""
    row = None
    if "\0" not in gss_code:
        row = await statements.FIND_COUNCIL.row(change.connection, gss_code=gss_code)
    if row is None:
        problems.add(path, "There is no council with this GSS code.", ProblemCode.NOT_FOUND)
        return False
    if not or_did and row["ends_on"] is not None and row["ends_on"] < change.today:
        after = f"; its work went to {', '.join(row['successors'])}" if row["successors"] else ""
        problems.add(path, f"{row['name']} was abolished ({row['ends_on']}){after}.")
        return False
    return True


async def _check_routes(change: Change, codes: list[str] | None, problems: Problems) -> None:
    if not codes:
        return
    known = {
        row["code"] for row in await statements.KNOWN_ROUTES.rows(change.connection, codes=codes)
    }
    for code in codes:
        if code not in known:
            problems.add("routeCodes", f"There is no route {code[:50]!r}; routes lists them.")


async def find_location(change: Change, district: str | None, council_gss: str) -> str | None:
    """The code of a district's middle, or without one, of the council's; None where not known."""
    found = await statements.FIND_LOCATION.row(change.connection, location=district or council_gss)
    return found["code"] if found else None
