"""Requests made up from a seed, thousands of them: none finds a fault, and no answer tells of one.

HEARTH_TEST_CASES says how many, HEARTH_TEST_SEED which.
"""

import json
import os
import random

import pytest

from api.graph.schema import make_schema
from tests.conftest import GRAPHQL_JSON
from tests.oracle.test_same_answer import ASKERS
from tests.security.generating import Generating
from tests.security.world import World

CASES = int(os.environ.get("HEARTH_TEST_CASES", "70"))
SEED = int(os.environ.get("HEARTH_TEST_SEED", "1"))
JSON = {"accept": GRAPHQL_JSON, "content-type": "application/json"}
INSIDE = ("asyncpg", "hearth_council", "postgres", "sqlalchemy", "Traceback", ".py")


async def test_no_request_finds_a_fault(world: World, caplog: pytest.LogCaptureFixture) -> None:
    ids = [
        value
        for rows in (*world.own.values(), *world.shared.values())
        for value in vars(rows).values()
    ]
    generating = Generating(make_schema()._schema, ids, random.Random(SEED))
    asked, answered = 0, 0
    for number in range(CASES):
        query, given = generating.request()
        who = ASKERS[number % len(ASKERS)]
        token = await world.hearth.token(who)
        answer = await world.hearth.client.post(
            "/graphql",
            content=json.dumps({"query": query, "variables": given}),
            headers=JSON | ({"authorization": f"Bearer {token}"} if token else {}),
        )
        body = answer.text
        told = f"{who} asked {query} with {json.dumps(given)}: {body}"
        codes = [each["extensions"]["code"] for each in answer.json().get("errors", ())]
        assert answer.status_code < 500, told
        assert "INTERNAL" not in codes, told
        assert [word for word in INSIDE if word in body] == [], told
        asked += 1
        answered += not codes
    assert answered > asked / 20, "some are understood"
    assert [each for each in caplog.records if each.exc_info] == []
