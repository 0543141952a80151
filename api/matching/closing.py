"""What closing an offer means for those who were to have it: they are sought another, and hear."""

import strawberry

from api.matching import alerts, statements
from api.offers import commands
from api.offers.commands import Outcome
from api.requests.commands import FIND_REQUEST
from api.requests.events import record
from api.writing.unit_of_work import Change
from schema.types.node import uuid_of
from schema.words import MatchState, Step

SAID = "The offer was closed."


async def close_offer(
    change: Change,
    id: strawberry.ID,  # noqa: A002
    expected_version: int,
    reason: str,
) -> Outcome:
    """Close an offer for good; what was proposed or held of it is withdrawn.

    What is accepted stays, since the household counts on it. The reason names nobody: the audit
    keeps it.
    """
    connection, offer_id = change.connection, uuid_of("offer")(id)
    await alerts.expect_opened(change, offer_id, "id")
    seen = await statements.MATCHES_OF_OFFER.rows(connection, offer_id=offer_id)
    # Requests before offers, as whoever proposes locks them.
    requests = [match["request_id"] for match in seen]
    await connection.execute("SELECT hearth_lock_cases($1, $2)", requests, [offer_id])
    outcome = await commands.close_offer(change, id, expected_version, reason)
    for match in await statements.MATCHES_OF_OFFER.rows(connection, offer_id=offer_id):
        if match["state"] not in (MatchState.PROPOSED, MatchState.HELD):
            continue
        request = await FIND_REQUEST.row(connection, request_id=match["request_id"])
        assert request is not None
        await statements.move_match(
            connection,
            match,
            MatchState.WITHDRAWN,
            decided_at=change.actor.entered_at,
            held_until=None,
            reason=SAID,
        )
        await record(
            change,
            "closeOffer",
            Step.MATCH_WITHDRAWN,
            request,
            "withdrawn: its offer was closed",
            match=match,
        )
    return outcome
