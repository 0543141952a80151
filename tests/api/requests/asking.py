"""What tests of requests and matches ask, and a household to ask for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conftest import OXFORD, Hearth

CHARITY = "charity:Harbour Welcome"
OFFICER = f"council:{OXFORD}"
_ARRIVED = datetime.now(UTC).date() - timedelta(days=300)
ARRIVED = f'arrivedOn: "{_ARRIVED}"'
ENDED = f'endedOn: "{_ARRIVED + timedelta(days=60)}"'
ENDED_TOO_EARLY = f'endedOn: "{_ARRIVED - timedelta(days=1)}"'
SUBMIT = """
mutation ($input: SubmitRequestInput!) {
  submitRequest(input: $input) {
    request { id reference status version } problems { code message path }
  }
}"""
REQUEST = """
query ($id: ID!) {
  request(id: $id) {
    id reference status closedReason neededBy submittedBy
    household { size adults children languages needsStepFree hasPets womenOnly }
    kinds { code } route { code }
    matches { id state places offer { id title } reasons { rule } }
  }
}"""
CONTACT = "query ($id: ID!) { request(id: $id) { household { contact { name email phone } } } }"
PROPOSE = """
mutation ($request: ID!, $offer: ID!) {
  proposeMatch(requestId: $request, offerId: $offer) {
    match { id state places } problems { code message path }
  }
}"""


def household(**given: Any) -> dict[str, Any]:
    """An input for `submitRequest`; named parts of the household go into it."""
    usual = {
        "adults": 1,
        "childAges": [7],
        "contactName": "Olena Example",
        "contactEmail": "olena@example.org",
        "contactPhone": "+44 1865 000000",
    }
    parts = {*usual, "nationality", "hasPets", "needsStepFree", "womenOnly", "languages"}
    inner = {**usual, **{name: value for name, value in given.items() if name in parts}}
    outer = {name: value for name, value in given.items() if name not in parts}
    return {"household": inner, "kinds": ["hosting"], "consents": ["MATCHING"], **outer}


async def submit(hearth: Hearth, who: str = CHARITY, **given: Any) -> str:
    """A new request's id."""
    data = await hearth.data(SUBMIT, {"input": household(**given)}, who)
    assert data["submitRequest"]["problems"] == [], data
    found: str = data["submitRequest"]["request"]["id"]
    return found


async def propose(hearth: Hearth, request: str, offer: str, who: str = OFFICER) -> Any:
    """What proposing the pair gives: the match and the problems."""
    data = await hearth.data(PROPOSE, {"request": request, "offer": offer}, who)
    return data["proposeMatch"]


async def move(hearth: Hearth, command: str, match: str, who: str, arguments: str = "") -> Any:
    """What a command on a match gives: the match and the problems."""
    given = f", {arguments}" if arguments else ""
    query = f"""
        mutation ($id: ID!) {{
          {command}(id: $id{given}) {{
            match {{ id state heldUntil reason }} problems {{ code message path }}
          }}
        }}"""
    return (await hearth.data(query, {"id": match}, who))[command]


async def places_left(hearth: Hearth, offer: str) -> int | None:
    """How many places the offer has left, as the public sees it; None where it isn't listed."""
    data = await hearth.data("query ($id: ID!) { offer(id: $id) { placesLeft } }", {"id": offer})
    return data["offer"]["placesLeft"] if data["offer"] else None
