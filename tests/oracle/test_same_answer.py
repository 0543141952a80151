"""The property that the planner stands on: any valid document, the same bytes as the oracle.

Each case asks its share of HEARTH_TEST_DOCUMENTS as one asker; HEARTH_TEST_SEED says which ones.
"""

import asyncio
import os
import zlib
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, assume, given, note, seed, settings

from tests.conftest import CAMBRIDGE, OXFORD, OXFORDSHIRE, Hearth
from tests.oracle.asking import Asking, asking
from tests.oracle.documents import Request, Writer
from tests.oracle.genes import Gene, genomes

ASKERS = (
    "public",
    "charity:Harbour Welcome",
    f"council:{OXFORD}",
    f"council:{OXFORDSHIRE}",
    f"council:{CAMBRIDGE}",
    "liaison",
    "admin",
)
DOCUMENTS = int(os.environ.get("HEARTH_TEST_DOCUMENTS", "245"))
SEED = int(os.environ.get("HEARTH_TEST_SEED", "1"))
IN_EACH_CASE = 35
ROUNDS = range(-(-DOCUMENTS // (IN_EACH_CASE * len(ASKERS))))

# The request as a whole is too large, which the oracle knows nothing of.
OVER_THE_LIMITS = {"TOO_DEEP", "TOO_COSTLY"}


@pytest_asyncio.fixture
async def asked(hearth: Hearth, who: str) -> AsyncIterator[Asking]:
    async with asking(hearth, who) as opened:
        yield opened


@pytest_asyncio.fixture
async def loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


@pytest.mark.no_cover  # a third of its time, for lines that other tests run
@pytest.mark.parametrize("round_", ROUNDS)
@pytest.mark.parametrize("who", ASKERS)
def test_same_answer(asked: Asking, loop: asyncio.AbstractEventLoop, who: str, round_: int) -> None:
    passed: dict[str, Gene] = {}

    @seed(zlib.crc32(f"{who} {SEED} {round_}".encode()))
    @settings(
        database=None,
        deadline=None,
        max_examples=min(DOCUMENTS, IN_EACH_CASE),
        phases=(Phase.generate, Phase.shrink),
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(gene=genomes())
    def same(gene: Gene) -> None:
        request = Writer(asked.schema, asked.pools, asked.asker.audience).request(gene)
        # Different choices may write the same document, which would count as another.
        assume(passed.get(str(request), gene) == gene)
        loop.run_until_complete(compare(asked, request))
        again = request.again()
        if again:
            loop.run_until_complete(compare(asked, again))
        passed[str(request)] = gene

    same()


async def compare(asked: Asking, request: Request) -> None:
    """Fails with the answers where they differ."""
    note(f"\n{request}")
    answers = {way: await ask(request) for way, ask in asked.ways.items()}
    if any(codes(body) & OVER_THE_LIMITS for body in answers.values()):
        return
    oracle = await asked.oracle(request)
    note(f"the oracle: {orjson.dumps(oracle).decode()}")
    for way, body in answers.items():
        note(f"{way}: {orjson.dumps(body).decode()}")
        assert orjson.dumps(body.get("data")) == orjson.dumps(oracle["data"])
        assert errors(body) == errors(oracle)


def errors(body: dict[str, Any]) -> set[tuple[Any, str]]:
    """Where each error of an answer stands, with its code."""
    return {
        (tuple(error.get("path") or ()), error["extensions"]["code"])
        for error in body.get("errors", ())
    }


def codes(body: dict[str, Any]) -> set[str]:
    """The codes of an answer's errors."""
    return {code for _, code in errors(body)}
