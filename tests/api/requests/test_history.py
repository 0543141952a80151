"""What was done to a request, for its charity and the councils that it concerns."""

from typing import Any

import pytest

from tests.api.requests.asking import CHARITY, OFFICER, move, propose, submit
from tests.conftest import CAMBRIDGE, Hearth

HISTORY = """
query ($id: ID!) {
  request(id: $id) { history { nodes { at by command summary } pageInfo { hasNextPage } } }
}"""
OTHER = f"council:{CAMBRIDGE}"


async def _commands(hearth: Hearth, request: str, who: str) -> Any:
    found = (await hearth.data(HISTORY, {"id": request}, who))["request"]
    return found and [change["command"] for change in found["history"]["nodes"]]


@pytest.mark.parametrize("who", ["public", "liaison"])
async def test_it_is_forbidden_to_outsiders(hearth: Hearth, who: str) -> None:
    request = await submit(hearth)
    body = (await hearth.post(HISTORY, {"id": request}, who)).json()
    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_another_charity_reads_none_and_another_council_not_what_was_done(
    hearth: Hearth,
) -> None:
    request, offer = await submit(hearth), await hearth.open()
    await propose(hearth, request, offer["id"])
    assert await _commands(hearth, request, "charity:Another") is None
    assert await _commands(hearth, request, OTHER) == [], "it sees the need, and no more"


async def test_both_sides_read_what_was_done(hearth: Hearth) -> None:
    request, offer = await submit(hearth), await hearth.open()
    assert await _commands(hearth, request, OFFICER) == [], "not matched yet"
    match = (await propose(hearth, request, offer["id"]))["match"]["id"]
    await move(hearth, "acceptMatch", match, CHARITY)
    consent = f"""mutation {{ recordConsent(
        requestId: "{request}", scope: SHARE_WITH_COUNCIL, gssCode: "{CAMBRIDGE}", given: true
    ) {{ problems {{ code }} }} }}"""
    await hearth.data(consent, who=CHARITY)
    all_of_it = ["recordConsent", "acceptMatch", "proposeMatch", "submitRequest"]
    assert await _commands(hearth, request, CHARITY) == all_of_it
    # What the household agreed to with another council is not Oxford's to know.
    assert await _commands(hearth, request, OFFICER) == all_of_it[1:]
    assert "Olena" not in str(await hearth.data(HISTORY, {"id": request}, OFFICER))
