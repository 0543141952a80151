"""Commands on where exactly an offer is, who its host is, and who alone may know it."""

import re
from collections.abc import Mapping
from typing import Any

import strawberry

from api.offers import rules, statements
from api.offers.commands import TOPIC, Outcome, find_location, locked_offer
from api.writing.audit import Event
from api.writing.outbox import Message
from api.writing.problems import Problems, declined
from api.writing.unit_of_work import Change
from schema.types.offer_inputs import OfferAddressInput
from schema.words import ProblemCode

LONGEST_ADDRESS = 500
LONGEST_LINE = 200
MOST_LISTED = 50
# A council's GSS code, or one that was mistyped.
GSS_LIKE = re.compile(r"[ENSW][0-9]{1,12}", re.IGNORECASE)
UPRN = re.compile(r"[0-9]{1,12}")
PARTS = {
    "address": LONGEST_ADDRESS,
    "uprn": LONGEST_LINE,
    "host_name": LONGEST_LINE,
    "host_email": LONGEST_LINE,
    "host_phone": LONGEST_LINE,
}


async def record_offer_address(change: Change, input: OfferAddressInput) -> Outcome:  # noqa: A002
    """Record the exact address, UPRN and host of an offer; sealed, and replacing what was there."""
    offer = await locked_offer(change, input.offer_id, "input", "offerId")
    problems = Problems("input")
    given = {
        name: rules.text(name, getattr(input, name), longest, problems) or None
        for name, longest in PARTS.items()
        if isinstance(getattr(input, name), str)
    }
    if given.get("uprn") and not UPRN.fullmatch(str(given["uprn"])):
        problems.add("uprn", "A UPRN has up to 12 digits and nothing else.")
    problems.refuse_if_any()
    before = await _address(change, offer, "input", "offerId")
    if before["protected_at"]:
        given["postcode_district"] = before["found"].get("postcode_district")
    now = {"found": given, "host_agrees": input.host_agrees}
    return await _put(
        change, "recordOfferAddress", offer, before, now, "recorded its exact address"
    )


async def protect_offer(
    change: Change,
    offer_id: strawberry.ID,
    show_to: list[str],
) -> Outcome:
    """Hide where an offer is from all but councils (GSS codes) and members (subjects) listed.

    Its postcode district too: from then on the offer is, like any that names no district, in the
    middle of its council. Who protects it is on the list. Again, it changes the list.
    """
    offer = await locked_offer(change, offer_id, "offerId")
    before = await _address(change, offer, "offerId")
    found = dict(before["found"])
    if not before["protected_at"]:
        found["postcode_district"] = offer["postcode_district"]
        await _move(change, offer, None)
        await change.connection.execute("SELECT hearth_forget_place(NULL, $1)", offer["id"])
    now = {
        "found": found,
        "protected_at": before["protected_at"] or change.actor.entered_at,
        "shown_to": await listed(change, show_to),
    }
    return await _put(change, "protectOffer", offer, before, now, "protected: its place is hidden")


async def unprotect_offer(change: Change, offer_id: strawberry.ID) -> Outcome:
    """Show an offer's district to all again; for those on its list."""
    offer = await locked_offer(change, offer_id, "offerId")
    before = await _address(change, offer, "offerId")
    if not before["protected_at"]:
        raise declined(ProblemCode.ALREADY_DONE, "The offer is not protected.", "offerId")
    found = dict(before["found"])
    await _move(change, offer, found.pop("postcode_district", None))
    now: dict[str, Any] = {"found": found, "protected_at": None, "shown_to": []}
    return await _put(change, "unprotectOffer", offer, before, now, "no longer protected")


async def listed(change: Change, given: list[str]) -> list[str]:
    """A safety list: those given, and who acts.

    A list too long, an odd or empty text, or a code of no council, is a problem. Whether a subject
    is a member's is not looked up: the answer would tell anybody who works here.
    """
    problems = Problems()
    found = [rules.text("show_to", each, LONGEST_LINE, problems) for each in given]
    if len(found) > MOST_LISTED:
        problems.add("showTo", f"At most {MOST_LISTED} may be listed.")
    problems.refuse_if_any()
    for each in found:
        if not each:
            problems.add("showTo", "An entry is empty; give a GSS code or a member's subject.")
        elif GSS_LIKE.fullmatch(each) and not await statements.FIND_COUNCIL.row(
            change.connection, gss_code=each
        ):
            problems.add("showTo", f"There is no council {each!r}; councils lists them.")
    problems.refuse_if_any()
    return sorted({str(change.actor.viewer.subject), *found})


async def _move(change: Change, offer: Mapping[str, Any], district: str | None) -> None:
    await statements.MOVE_OFFER.run(
        change.connection,
        offer_id=offer["id"],
        new_district=district,
        new_location=await find_location(change, district, offer["council_gss"]),
    )


async def _address(change: Change, offer: Mapping[str, Any], *path: str) -> dict[str, Any]:
    # Opened by the one door: an officer who may not know what is there can't change it.
    known = await statements.FIND_ADDRESS.row(change.connection, offer_id=offer["id"])
    if known is None:
        return {"found": {}, "host_agrees": False, "protected_at": None, "shown_to": []}
    row = await change.connection.fetchrow("SELECT hearth_address($1) AS sealed", offer["id"])
    if row["sealed"] is None:
        raise declined(
            ProblemCode.NOT_FOUND,
            "Where this offer is isn't yours to know.",
            *path,
        )
    found = change.sealing.read("offer", offer["id"], row["sealed"])
    return {"found": found, **dict(known)}


async def _put(
    change: Change,
    command: str,
    offer: Mapping[str, Any],
    before: Mapping[str, Any],
    given: Mapping[str, Any],
    summary: str,
) -> Outcome:
    kept = {**before, **given}
    new = {name: kept[name] for name in ("host_agrees", "protected_at", "shown_to")}
    new["sealed"] = change.sealing.seal("offer", offer["id"], kept["found"])
    new["sealed_with"] = change.sealing.name
    await statements.PUT_ADDRESS.run(
        change.connection,
        offer_id=offer["id"],
        council_gss=offer["council_gss"],
        **new,
        **{f"new_{name}": value for name, value in new.items()},
    )
    # When the host agreed, and when no longer, is the history's to tell.
    agreed = [before["host_agrees"], kept["host_agrees"]]
    changes = {"host_agrees": agreed} if agreed[0] != agreed[1] else {}
    await change.record(
        Event(command, offer["council_gss"], "Offer", offer["id"], changes, summary),
        Message(TOPIC, {"offer_id": str(offer["id"])}),
    )
    return Outcome(offer=f"offer_{offer['id']}")
