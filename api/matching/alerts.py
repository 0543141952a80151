"""What a failed check means for those who count on the offer: both sides of each match hear."""

from uuid import UUID

from api.matching import statements
from api.offers import checks
from api.offers.commands import Outcome
from api.requests.commands import FIND_REQUEST
from api.requests.events import record
from api.writing.problems import declined
from api.writing.unit_of_work import Change
from schema.types.node import uuid_of
from schema.types.offer_inputs import RecordCheckInput
from schema.words import Audience, CheckState, ProblemCode, Step

HIDES_MATCHES = "SELECT hearth_hides_matches($1)"


async def record_check(change: Change, input: RecordCheckInput) -> Outcome:  # noqa: A002
    """Record how far one kind of check on an offer has come; a failure needs its reason.

    A failure is told to both sides of every match that counts on the offer.
    """
    connection, offer_id = change.connection, uuid_of("offer")(input.offer_id)
    is_failed = input.state is CheckState.FAILED
    if is_failed:
        await expect_opened(change, offer_id, "input", "offerId")
    outcome = await checks.record_check(change, input)
    if is_failed:
        for match in await statements.MATCHES_OF_OFFER.rows(connection, offer_id=offer_id):
            request = await FIND_REQUEST.row(connection, request_id=match["request_id"])
            assert request is not None
            await record(
                change,
                "recordCheck",
                Step.CHECK_FAILED,
                request,
                f"a check of the offer failed: {input.kind.value}",
                match=match,
                reason=input.kind.value,
            )
    return outcome


async def expect_opened(change: Change, offer_id: UUID, *path: str) -> None:
    """An administrator who sees none of those who count on an offer can't tell them anything."""
    is_admin = change.actor.viewer.audience is Audience.ADMIN
    if is_admin and await change.connection.fetchval(HIDES_MATCHES, offer_id):
        raise declined(
            ProblemCode.INVALID,
            "Households count on this offer and must be told: break the glass for its council "
            "first, or leave it to the council.",
            *path,
        )
