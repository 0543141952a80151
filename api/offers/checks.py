"""The command on an offer's checks."""

from strawberry import UNSET

from api.offers import rules, statements
from api.offers.commands import TOPIC, Outcome, locked_offer
from api.writing.audit import Event
from api.writing.outbox import Message
from api.writing.problems import Problems
from api.writing.unit_of_work import Change
from schema.tables.columns import uuid7
from schema.types.offer_inputs import RecordCheckInput
from schema.words import CheckState

WRITTEN = "written"
DONE = (CheckState.FAILED, CheckState.PASSED)


async def record_check(change: Change, input: RecordCheckInput) -> Outcome:  # noqa: A002
    """Record how far one kind of check on an offer has come; a failure needs its reason."""
    offer = await locked_offer(change, input.offer_id, "input", "offerId")
    problems = Problems("input")
    given = input.failure_reason if input.failure_reason is not UNSET else None
    reason = rules.text("failure_reason", given or "", rules.LONGEST_REASON, problems) or None
    if input.state is CheckState.FAILED and not reason:
        problems.add("failureReason", "Say why the check failed.")
    if input.state is not CheckState.FAILED and reason:
        problems.add("failureReason", "Only a failed check has a failure reason.")
    done_on = input.done_on if input.done_on is not UNSET else None
    if done_on is None and input.state in DONE:
        done_on = change.today
    if done_on is not None and input.state not in DONE:
        problems.add("doneOn", "Only a check that passed or failed was done on a day.")
    if done_on is not None and done_on > change.today:
        problems.add("doneOn", f"doneOn ({done_on}) is in the future.")
    problems.refuse_if_any()
    after = {"state": input.state.value, "failure_reason": reason, "done_on": done_on}
    row = await statements.FIND_CHECK.row(
        change.connection, offer_id=offer["id"], kind=input.kind.value
    )
    before = dict(row) if row else dict.fromkeys(after)
    put = await statements.PUT_CHECK.row(
        change.connection,
        id=uuid7(),
        offer_id=offer["id"],
        council_gss=offer["council_gss"],
        kind=input.kind.value,
        **after,
    )
    assert put is not None
    changes = rules.changes_between(before, after)
    # The audit is kept for good: what somebody wrote stays with the check, whose time ends.
    if "failure_reason" in changes:
        changes["failure_reason"] = [each and WRITTEN for each in changes["failure_reason"]]
    summary = f"{input.kind.value}: {rules.in_words(changes)}"
    await change.record(
        Event("recordCheck", offer["council_gss"], "Offer", offer["id"], changes, summary),
        Message(TOPIC, {"offer_id": str(offer["id"]), "version": offer["version"]}),
    )
    return Outcome(offer=f"offer_{offer['id']}", check=f"check_{put['id']}")
