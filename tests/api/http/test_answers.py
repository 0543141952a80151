"""Kept answers: given again while they must be the same, and never after."""

import asyncio
import gzip
import json
import time
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from api.http.answers import OVERHEAD, Answers
from api.http.responses import SMALLEST_COMPRESSED, Response, respond
from api.reading import answer as reading
from api.store.reference import load
from schema.reference.files import read_reference
from tests.conftest import GRAPHQL_JSON, OXFORD, Hearth
from tests.waiting import PATIENCE, until

OFFICER = f"council:{OXFORD}"
PLACES = "{ availability { totalCount nodes { title placesLeft } } }"
LONG = "{ councils(first: 100) { nodes { name nation region } } }"
END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'hearth listening'
"""
HOLD = """
UPDATE offer SET held = 1, holds_end_at = clock_timestamp() + $1::interval
RETURNING extract(epoch FROM holds_end_at)::float8
"""


@pytest.fixture
async def hearth(hearth: Hearth) -> Hearth:
    await asyncio.wait_for(hearth.service.listener.is_listening.wait(), PATIENCE)
    return hearth


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the database for queries: its statements."""
    seen: list[str] = []
    fetch = reading.fetch

    async def counted(*given: Any) -> Any:
        seen.append(given[1][0].sql)
        return await fetch(*given)

    monkeypatch.setattr("api.reading.answer.fetch", counted)
    return seen


async def _get(hearth: Hearth, query: str = PLACES, **headers: str) -> httpx.Response:
    given = {"accept-encoding": "identity"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await hearth.client.get("/graphql", params={"query": query}, headers=given)


async def _left(hearth: Hearth) -> list[int]:
    nodes = (await _get(hearth)).json()["data"]["availability"]["nodes"]
    return [node["placesLeft"] for node in nodes]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_same_question_is_asked_of_the_database_once(
    hearth: Hearth, reads: list[str], method: str
) -> None:
    async def ask() -> httpx.Response:
        if method == "GET":
            return await _get(hearth)
        return await hearth.client.post("/graphql", json={"query": PLACES})

    first, second = await ask(), await ask()
    assert len(reads) == 1
    assert first.content == second.content
    assert first.headers["x-request-id"] != second.headers.pop("x-request-id")
    assert second.headers.items() <= first.headers.items()


async def test_an_answer_is_kept_for_what_it_depends_on(hearth: Hearth, reads: list[str]) -> None:
    token = await hearth.token(OFFICER)
    query = "query ($n: Int!) { councils(first: $n) { nodes { name } } }"
    for variables in ({"n": 1}, {"n": 2}):
        for accept in (GRAPHQL_JSON, "application/json"):
            for encoding in ("gzip", "identity"):
                for method in ("GET", "POST"):
                    before = len(reads)
                    parameters = {"query": query, "variables": json.dumps(variables)}
                    response = await hearth.client.request(
                        method,
                        "/graphql",
                        params=parameters if method == "GET" else None,
                        json={"query": query, "variables": variables} if method == "POST" else None,
                        headers={"accept": accept, "accept-encoding": encoding},
                    )
                    assert len(response.json()["data"]["councils"]["nodes"]) == variables["n"]
                    assert response.headers["content-type"].startswith(accept)
                    assert len(reads) == before + 1
    before = len(reads)
    await _get(hearth)
    # Whoever shows a credential, however bad, is never given an answer that was kept.
    for authorization in (f"Bearer {token}", f"bearer {token}", "Bearer rubbish", "Basic a", ""):
        response = await _get(hearth, authorization=authorization)
        assert response.headers["cache-control"] == "no-store"
        assert "etag" not in response.headers
    assert len(reads) == before + 1 + 3


async def test_no_viewers_answer_is_kept(hearth: Hearth, reads: list[str]) -> None:
    query = "{ viewer { audience council { name } } }"
    await hearth.data(query, who=OFFICER)
    assert await hearth.data(query) == {"viewer": {"audience": "PUBLIC", "council": None}}
    await hearth.data(query, who=OFFICER)
    assert len(reads) == 3


async def test_errors_are_not_kept(hearth: Hearth, monkeypatch: pytest.MonkeyPatch) -> None:
    url, hearth.service.database.url = hearth.service.database.url, "postgresql://a@127.0.0.1:1/b"
    await hearth.service.database.close()
    response = await _get(hearth)
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert response.headers["cache-control"] == "no-store"
    hearth.service.database.url = url
    assert (await _get(hearth)).json()["data"]["availability"]["totalCount"] == 0
    for query in (
        "{ nope }",
        "query ($n: Int!) { councils(first: $n) { totalCount } }",
    ):
        response = await _get(hearth, query, accept=GRAPHQL_JSON)
        assert response.status_code == 400
        assert response.headers["cache-control"] == "no-store"
        assert len(hearth.service.answers._kept) == 1


async def test_a_change_is_seen_at_once_by_the_worker_that_made_it(hearth: Hearth) -> None:
    assert await _left(hearth) == []
    offer = await hearth.open(placesTotal=3)
    assert await _left(hearth) == [3]
    update = """mutation ($id: ID!) { updateOffer(
      input: { id: $id, expectedVersion: 2, placesTotal: 5 }) { problems { code } } }"""
    await hearth.data(update, {"id": offer["id"]}, OFFICER)
    assert await _left(hearth) == [5]


async def test_a_change_by_anybody_is_seen_soon(hearth: Hearth) -> None:
    await hearth.open(placesTotal=3)
    await hearth.heard()
    assert await _left(hearth) == [3]
    owner = await hearth.owner()
    async with owner.transaction():
        await owner.execute("UPDATE offer SET places = 9")
        await owner.execute("INSERT INTO outbox (topic, payload) VALUES ('offer', '{}')")
    await owner.close()

    async def is_seen() -> bool:
        return await _left(hearth) == [9]

    await until(is_seen, "the old answer is still given")


async def test_reference_data_that_is_loaded_is_seen_soon(hearth: Hearth) -> None:
    query = '{ council(gssCode: "E07000178") { name } }'
    owner = await hearth.owner()
    await owner.execute("UPDATE council SET name = 'Oxenford' WHERE gss_code = 'E07000178'")
    await owner.close()
    assert (await _get(hearth, query)).json()["data"]["council"]["name"] == "Oxenford"
    await load(hearth.copy.owner_url, read_reference(), lambda table, count: None)

    async def is_seen() -> bool:
        found = (await _get(hearth, query)).json()["data"]["council"]["name"]
        return bool(found == "Oxford")

    await until(is_seen, "the old answer is still given")


async def test_nothing_is_kept_while_changes_are_not_followed(
    hearth: Hearth, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await hearth.open(placesTotal=3)
    await hearth.heard()
    assert await _left(hearth) == [3]
    may_listen, connect = asyncio.Event(), hearth.service.database.connect

    async def when_it_may(role: str) -> asyncpg.Connection:
        await may_listen.wait()
        return await connect(role)

    monkeypatch.setattr(hearth.service.database, "connect", when_it_may)
    owner = await hearth.owner()
    assert await owner.fetchval(END)
    listening = hearth.service.listener.is_listening
    await until(lambda: not listening.is_set(), "its end was not noticed")
    # Nobody says that this was changed, as when the message is lost with the connection.
    await owner.execute("UPDATE offer SET places = 9")
    assert await _left(hearth) == [9]
    await owner.execute("UPDATE offer SET places = 8")
    assert await _left(hearth) == [8]
    may_listen.set()
    await asyncio.wait_for(listening.wait(), PATIENCE)
    await owner.execute("UPDATE offer SET places = 7")
    await owner.close()
    assert await _left(hearth) == [7]
    before = len(reads)
    await _left(hearth)
    assert len(reads) == before


async def test_what_was_kept_before_the_connection_was_lost_is_not_given_after_it(
    hearth: Hearth,
) -> None:
    await hearth.open(placesTotal=3)
    await hearth.heard()
    assert await _left(hearth) == [3]
    owner = await hearth.owner()
    await owner.execute("UPDATE offer SET places = 9")
    assert await _left(hearth) == [3], "nobody was told of it yet"
    assert await owner.fetchval(END)
    await owner.close()
    listening = hearth.service.listener.is_listening
    await until(lambda: not listening.is_set(), "its end was not noticed")
    await asyncio.wait_for(listening.wait(), PATIENCE)
    assert await _left(hearth) == [9]


async def test_a_hold_ends_by_the_clock(hearth: Hearth, reads: list[str]) -> None:
    await hearth.open(placesTotal=3)
    await hearth.heard()
    owner = await hearth.owner()
    await owner.execute(HOLD, timedelta(hours=1))
    hearth.service.answers.drop()
    reads.clear()
    assert [await _left(hearth) for _ in range(3)] == [[2]] * 3
    assert len(reads) == 1, "it is kept meanwhile"
    ends_at = await owner.fetchval(HOLD, timedelta(seconds=1))
    await owner.close()
    hearth.service.answers.drop()
    left = [2]
    while left == [2]:
        asked_at = time.time()
        left = await _left(hearth)
        # Each answer is of a moment between the question and now.
        assert asked_at < ends_at if left == [2] else time.time() >= ends_at
    assert left == [3]


FACT = """
INSERT INTO route_fact (id, route_code, sort, key, position, valid, valid_from_is, valid_to_is,
    known, body, basis, confidence, origin)
VALUES (gen_random_uuid(), 'mandate', 'WINDOW', 'new', 1, tstzrange({valid}, NULL), 'MOMENT',
    'MOMENT', tstzrange({known}, NULL), '{{}}', 'SOURCED', 'HIGH', 'EDITOR')
"""


@pytest.mark.parametrize(
    "turn",
    [
        "UPDATE offer SET held = 1, holds_end_at = now() + interval '5 s'",
        FACT.format(valid="now() + interval '5 s'", known="now()"),
        FACT.format(valid="now()", known="now() + interval '5 s'"),
        "UPDATE route_fact SET known = tstzrange(lower(known), now() + interval '5 s') "
        "WHERE route_code = 'mandate'",
        "UPDATE route SET recorded_at = now() + interval '5 s' WHERE code = 'mandate'",
    ],
)
async def test_the_next_turn_of_the_clock(hearth: Hearth, turn: str) -> None:
    await hearth.open()
    owner = await hearth.owner()
    seconds = "SELECT extract(epoch FROM hearth_next_turn() - now())::float8"
    midnight = """SELECT extract(epoch FROM
        date_trunc('day', now() AT TIME ZONE 'Europe/London') + interval '1 day'
        - now() AT TIME ZONE 'Europe/London')::float8"""
    # An hour more or less on the two days on which the clocks change.
    assert abs(await owner.fetchval(seconds) - await owner.fetchval(midnight)) <= 3601
    async with owner.transaction():
        await owner.execute(turn)
        assert await owner.fetchval(seconds) == pytest.approx(5)
    await owner.close()


async def test_an_answer_that_is_overtaken_by_a_change_is_not_kept(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hearth.open(placesTotal=3)
    await hearth.heard()
    hearth.service.answers.drop()
    fetch = reading.fetch
    was_read, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow(*given: Any) -> Any:
        found = await fetch(*given)
        was_read.set()
        await may_go_on.wait()
        return found

    monkeypatch.setattr("api.reading.answer.fetch", slow)
    asked = asyncio.create_task(_left(hearth))
    await was_read.wait()
    monkeypatch.setattr("api.reading.answer.fetch", fetch)
    await hearth.open(placesTotal=4)
    assert await _left(hearth) == [4, 3]
    may_go_on.set()
    assert await asked == [3]
    assert await _left(hearth) == [4, 3]


async def _response(size: int = 100) -> Response:
    return Response(200, [], b"a" * size)


class Turning:
    """A clock and the turns that it comes to, both set by hand."""

    def __init__(self, most: int = 1_000_000) -> None:
        self.now = 0.0
        self.turn = 10.0
        self.asked = 0
        self.is_following = asyncio.Event()
        self.is_following.set()
        self.answers = Answers(most, self.is_following, self.seconds, lambda: self.now)

    async def seconds(self) -> float:
        self.asked += 1
        await asyncio.sleep(0)
        return self.turn - self.now


async def test_nothing_is_kept_past_a_turn() -> None:
    turning = Turning()
    answers = turning.answers
    generation = await answers.generation()
    assert generation is not None
    answers.keep(generation, "a", 1, await _response())
    turning.now = 9.99
    assert answers.find("a")
    turning.now = 10.0
    assert answers.find("a") is None
    # Read before the turn, but there only after it.
    answers.keep(generation, "b", 1, await _response())
    turning.turn = 20.0
    later = await answers.generation()
    assert later != generation
    answers.keep(generation, "b", 1, await _response())
    assert answers.find("a") is None
    assert answers.find("b") is None
    assert turning.asked == 2


async def test_only_one_asks_for_the_turn_and_a_drop_meanwhile_counts() -> None:
    turning = Turning()
    first, second = await asyncio.gather(turning.answers.generation(), turning.answers.generation())
    assert first is not None
    assert second is None
    assert turning.asked == 1
    turning.answers.drop()
    asking = asyncio.create_task(turning.answers.generation())
    await asyncio.sleep(0)
    turning.answers.drop()
    assert await asking is None
    assert await turning.answers.generation() is not None


async def test_the_room_for_answers_is_bounded() -> None:
    size = 100 + 1 + OVERHEAD
    turning = Turning(most=20 * size)
    answers = turning.answers
    generation = await answers.generation()
    assert generation is not None
    for number in range(30):
        answers.keep(generation, number, 1, await _response())
        assert answers.find(0) is not None, "what is asked for often stays"
        assert answers.size <= 20 * size
    assert [number for number in range(30) if answers.find(number)] == [0, *range(11, 30)]
    answers.keep(generation, 0, 1, await _response())
    assert answers.size == 20 * size
    answers.keep(generation, "large", 1, await _response(2 * size))
    assert answers.find("large") is None
    answers.drop()
    assert answers.size == 0
    none = Turning(most=0)
    assert await none.answers.generation() is None
    assert none.asked == 0


async def test_an_unchanged_answer_is_not_sent_again(hearth: Hearth) -> None:
    await hearth.open(placesTotal=3)
    await hearth.heard()
    first = await _get(hearth)
    assert first.headers["cache-control"] == "public, no-cache"
    assert first.headers["vary"] == "accept, accept-encoding, authorization"
    etag = first.headers["etag"]
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*", f'W/"a",W/{etag}'):
        for _ in range(2):
            again = await _get(hearth, if_none_match=given)
            assert (again.status_code, again.content) == (304, b"")
            for name in ("etag", "cache-control", "vary", "x-content-type-options"):
                assert again.headers[name] == first.headers[name]
            assert "content-length" not in again.headers
            hearth.service.answers.drop()
    for given in ('"other"', etag.strip('"'), ""):
        assert (await _get(hearth, if_none_match=given)).status_code == 200
    others = [
        await _get(hearth, accept=GRAPHQL_JSON),
        await _get(hearth, LONG),
        await _get(hearth, LONG, accept_encoding="gzip"),
    ]
    tags = {etag, *(each.headers["etag"] for each in others)}
    assert len(tags) == 4
    await hearth.open(placesTotal=4)
    changed = await _get(hearth, if_none_match=etag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag
    posted = await hearth.client.post(
        "/graphql", json={"query": PLACES}, headers={"if-none-match": "*"}
    )
    assert posted.status_code == 200
    assert posted.headers["cache-control"] == "no-store"
    assert "etag" not in posted.headers


@pytest.mark.parametrize(
    ("accept_encoding", "is_compressed"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("br, *;q=0.1", True),
        ("x-gzip", True),
        ("identity;q=0.5, gzip", True),
        ("identity, gzip;q=0.5", False),
        ("gzip;q=0", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("br", False),
        ("identity", False),
        ("", False),
        ("gzip;q=0" + " " * 1000, False),
    ],
)
async def test_answers_are_compressed_where_asked_for(
    hearth: Hearth, accept_encoding: str, is_compressed: bool
) -> None:
    plain = await _get(hearth, LONG)
    assert len(plain.content) > SMALLEST_COMPRESSED
    for _ in range(2):
        response = await _get(hearth, LONG, accept_encoding=accept_encoding)
        assert response.headers.get("content-encoding") == ("gzip" if is_compressed else None)
        assert response.json() == plain.json()
        length = int(response.headers["content-length"])
        assert (length < len(plain.content)) == is_compressed
        assert "accept-encoding" in response.headers["vary"]


async def test_short_answers_are_not_compressed_and_long_ones_are_elsewhere() -> None:
    short = await respond({"a": "b" * 900}, GRAPHQL_JSON, is_gzip_wanted=True)
    assert (b"content-encoding", b"gzip") not in short.headers
    body = {"a": [str(number) for number in range(30_000)]}
    long = await respond(body, GRAPHQL_JSON, is_gzip_wanted=True, is_public=True)
    assert json.loads(gzip.decompress(long.body)) == body
    again = await respond(body, GRAPHQL_JSON, is_gzip_wanted=True, is_public=True)
    assert again.etag == long.etag
