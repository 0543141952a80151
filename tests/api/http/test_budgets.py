"""Costs and budgets: what a request costs is shown on request, and limited in a while."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access.viewer import PUBLIC, Viewer
from api.app import Service
from api.http.admission import REFUSAL_SECONDS
from api.http.budgets import BURST_SECONDS, MOST_BUCKETS, REFUSED_SECONDS, Budgets, asker_of
from api.reading.limits import MOST_COST
from api.settings import Settings
from schema.refusals import TooMany
from schema.words import Audience
from tests.api.http.clock import Clock
from tests.conftest import GRAPHQL_JSON, OXFORD, Copy, Hearth

OFFICER = Viewer(Audience.COUNCIL, "council:one")
LOOKUP = 'council(gssCode: "E07000178") { name }'


async def _cost(hearth: Hearth, query: str, **given: Any) -> dict[str, Any]:
    body = {"query": query, "extensions": {"cost": True}, **given}
    answer = (await hearth.client.post("/graphql", json=body)).json()
    assert "errors" not in answer
    found: dict[str, Any] = answer["extensions"]["cost"]
    return found


async def test_the_cost_is_shown_to_those_who_ask(hearth: Hearth) -> None:
    one = await _cost(hearth, f"{{ {LOOKUP} }}")
    assert one == {"requested": 2, "limit": MOST_COST}
    twenty = " ".join(f"a{number}: {LOOKUP}" for number in range(20))
    assert (await _cost(hearth, f"{{ {twenty} }}"))["requested"] == 20 * one["requested"]
    by_variable = "query ($n: Int!) { councils(first: $n) { nodes { name } } }"
    few = await _cost(hearth, by_variable, variables={"n": 1})
    many = await _cost(hearth, by_variable, variables={"n": 100})
    assert many["requested"] > 30 * few["requested"]
    for extensions in ({}, {"cost": False}, {"cost": "true"}):
        body = {"query": f"{{ {LOOKUP} }}", "extensions": extensions}
        answer = (await hearth.client.post("/graphql", json=body)).json()
        assert answer.keys() == {"data"}


async def test_the_cost_is_shown_by_get_and_with_what_is_left(hearth: Hearth) -> None:
    token = await hearth.token(f"council:{OXFORD}")
    params = {"query": f"{{ {LOOKUP} }}", "extensions": json.dumps({"cost": True})}
    cost = []
    for _ in range(2):
        response = await hearth.client.get(
            "/graphql", params=params, headers={"authorization": f"Bearer {token}"}
        )
        assert response.headers["cache-control"] == "no-store"
        cost.append(response.json()["extensions"]["cost"])
    assert cost[0]["perSecond"] == 1_000_000
    assert cost[0]["remaining"] == BURST_SECONDS * 1_000_000 - 2
    refused = await hearth.client.post(
        "/graphql", json={"query": "{ nope }", "extensions": {"cost": True}}
    )
    assert refused.json().keys() == {"errors"}


def test_a_bucket_leaks_at_its_rate() -> None:
    now = 1000.0
    budgets = Budgets(100_000, 10_000, clock=lambda: now)
    size = 100_000 * BURST_SECONDS
    for _ in range(int(size / MOST_COST)):
        left = budgets.charge(OFFICER, "", MOST_COST)
    assert left
    assert left.points == 0
    with pytest.raises(TooMany) as raised:
        budgets.charge(OFFICER, "", MOST_COST)
    assert raised.value.seconds == 1
    # A request that is refused takes nothing, so retrying as told succeeds.
    now += raised.value.seconds
    left = budgets.charge(OFFICER, "", MOST_COST)
    assert left
    assert left.points == 50_000
    now += 3600
    left = budgets.charge(OFFICER, "", 1)
    assert left
    assert left.points == size - 1


def test_askers_do_not_share_a_bucket() -> None:
    budgets = Budgets(1, 1, clock=lambda: 0.0)
    for viewer, address in (
        (OFFICER, "10.0.0.1"),
        (Viewer(Audience.COUNCIL, "council:two"), "10.0.0.1"),
        (PUBLIC, "10.0.0.1"),
        (PUBLIC, "10.0.0.2"),
        (PUBLIC, "council:one"),
    ):
        # However small the rate, the costliest request fits once.
        assert budgets.charge(viewer, address, MOST_COST)
        with pytest.raises(TooMany) as raised:
            budgets.charge(viewer, address, 7)
        assert raised.value.seconds == 7


def test_who_was_refused_is_read_again_after_a_second() -> None:
    now = 1000.0
    budgets = Budgets(1, 0, clock=lambda: now)
    budgets.charge(OFFICER, "", MOST_COST)
    assert not budgets.is_spent("scouncil:one")
    with pytest.raises(TooMany):
        budgets.charge(OFFICER, "", 500)
    assert budgets.is_spent("scouncil:one")
    assert not budgets.is_spent("acouncil:one")
    now += REFUSED_SECONDS
    # What costs less may fit sooner than what was asked for.
    assert not budgets.is_spent("scouncil:one")
    assert budgets.charge(OFFICER, "", 1)
    for number in range(MOST_BUCKETS + 10):
        with pytest.raises(TooMany):
            budgets.charge(Viewer(Audience.COUNCIL, str(number)), "", MOST_COST + 1)
    assert len(budgets._refused) == MOST_BUCKETS


def test_strangers_cannot_fill_the_memory() -> None:
    budgets = Budgets(0, 1, clock=lambda: 0.0)
    for number in range(MOST_BUCKETS + 10):
        budgets.charge(PUBLIC, str(number), 1)
    assert len(budgets._buckets) == MOST_BUCKETS
    for _ in range(3):
        assert budgets.charge(OFFICER, "", MOST_COST) is None


@pytest.mark.parametrize("accept", [GRAPHQL_JSON, "application/json"])
async def test_over_the_budget_nothing_is_asked_of_the_database(
    copy: Copy, home: Path, accept: str
) -> None:
    service = Service(Settings(home=home, development=True, public_budget=10), copy.url)
    service.endpoint.budgets.clock = Clock()  # which stands: nothing comes back meanwhile
    transport = httpx.ASGITransport(app=service, client=("192.0.2.7", 50000))
    query = "{ councils(first: 100) { nodes { offers(first: 100) { nodes { id title } } } } }"
    async with httpx.AsyncClient(
        transport=transport, base_url="http://hearth", headers={"accept": accept}
    ) as client:
        assert (await client.post("/graphql", json={"query": query})).status_code == 200
        service.database.url = "postgresql://nobody@127.0.0.1:1/nothing"
        response = await client.post("/graphql", json={"query": query})
        # Who comes again at once is told so at intervals, whatever they ask.
        began = time.monotonic()
        for _ in range(2):
            again = await client.post("/graphql", json={"query": "{ __typename }"})
        assert time.monotonic() - began >= REFUSAL_SECONDS
    await service.database.close()
    assert (again.status_code, again.headers["retry-after"]) == (429, "1")
    assert response.status_code == 429
    assert 1 <= int(response.headers["retry-after"]) <= MOST_COST / 10
    assert response.json()["errors"][0]["extensions"]["code"] == "TOO_MANY"


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::1%eth0", True),
        ("odd:name", "odd:other", False),
    ],
)
def test_a_network_of_ipv6_is_one_asker(one: str, other: str, is_same: bool) -> None:
    assert (asker_of(None, one) == asker_of(None, other)) == is_same
    assert asker_of("2001:db8::1", one) != asker_of("2001:db8::2", one)
