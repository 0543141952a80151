"""Admission: turns go round by asker, and whoever would wait too long is told at once."""

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.http.admission import (
    ABOUT_SECONDS,
    FULL,
    HANDS,
    LATEST_SECONDS,
    REFUSAL_SECONDS,
    SPENT,
    TOO_MANY,
    Admission,
    Lane,
)
from api.http.errors import HttpError
from api.http.shares import MOST_ASKERS, MOST_SECONDS
from tests.api.http.clock import Clock
from tests.waiting import PATIENCE


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes for seconds: turns end by a clock of the test's, and never by the real one."""
    monkeypatch.setattr("api.http.admission.LONG_SECONDS", PATIENCE)
    monkeypatch.setattr("api.http.admission.LONGEST_SECONDS", 10 * PATIENCE)


def _lane(clock: Clock, at_once: int) -> Lane:
    return Lane(Admission(clock=clock), at_once, seconds=PATIENCE)


class _Works:
    """Askers who take turns, each for as long as it isn't ended."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.begun: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self._ends: dict[str, list[asyncio.Event]] = {}

    async def ask(self, asker: str) -> None:
        """Ask for a turn, and let all who can begin do so."""
        self.tasks.append(asyncio.create_task(self._work(asker)))
        await _settled()

    async def _work(self, asker: str) -> None:
        async with self.lane.turn(asker):
            self.begun.append(asker)
            end = asyncio.Event()
            ends = self._ends.setdefault(asker, [])
            ends.append(end)
            try:
                await end.wait()
            finally:
                ends.remove(end)

    def working(self) -> list[str]:
        """Who has a turn, once for each."""
        return [asker for asker, ends in self._ends.items() for _ in ends]

    async def end(self, asker: str) -> None:
        """End one turn of an asker's."""
        self._ends[asker][0].set()
        await _settled()

    async def end_all(self) -> None:
        """End turns until there are none."""
        while working := self.working():
            await self.end(working[0])
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_each_in_turn_however_much_one_has_sent() -> None:
    works = _Works(_lane(Clock(), 1))
    for asker in (*["many"] * 10, "one", "other", "one"):
        await works.ask(asker)
    await works.end_all()
    assert works.begun[:6] == ["many", "many", "one", "other", "many", "one"]
    assert works.begun[6:] == ["many"] * 7


async def test_one_has_most_turns_until_they_are_greedy_then_one_after_all_others() -> None:
    clock = Clock()
    works = _Works(_lane(clock, 8))
    for _ in range(10):
        await works.ask("greedy")
    await works.ask("modest")
    assert works.working() == ["greedy"] * 6 + ["modest"]
    # Of half a second, each of seven turns had a seventh.
    clock.now += 0.5
    for _ in range(4):
        await works.end("greedy")
    assert works.working() == ["greedy"] * 5 + ["modest"]
    for _ in range(5):
        await works.end("greedy")
    # One waits until nobody has a turn, and whoever else comes does not wait for them.
    await works.ask("other")
    await works.end("modest")
    assert works.working() == ["other"]
    await works.end("other")
    assert works.working() == ["greedy"]
    await works.ask("modest")
    assert works.working() == ["greedy", "modest"]
    await works.end_all()


async def _made_greedy(works: _Works, clock: Clock, *askers: str) -> None:
    for asker in askers:
        await works.ask(asker)
        clock.now += MOST_SECONDS
        await works.end(asker)


async def test_the_greedy_have_one_turn_between_them_in_whatever_lane() -> None:
    clock = Clock()
    admission = Admission(clock=clock)
    one, other = (_Works(Lane(admission, 8, seconds=PATIENCE)) for _ in range(2))
    await one.ask("modest")
    await one.end("modest")
    await _made_greedy(one, clock, "greedy", "greedier")
    for _ in range(3):
        await one.ask("greedy")
        await other.ask("greedier")
    assert (one.working(), other.working()) == (["greedy"], [])
    begun = []
    for _ in range(6):
        [working] = one.working() + other.working()
        begun.append(working)
        await (one if one.working() else other).end(working)
    # Neither lane goes before the other for long.
    assert sorted(begun) == ["greedier"] * 3 + ["greedy"] * 3
    assert set(begun[:3]) == set(begun[3:]) == {"greedier", "greedy"}


async def test_where_nobody_else_is_about_the_greedy_have_all_they_may() -> None:
    clock = Clock()
    works = _Works(_lane(clock, 8))
    await works.ask("modest")
    await works.end("modest")
    await _made_greedy(works, clock, "greedy")
    for _ in range(3):
        await works.ask("greedy")
    assert works.working() == ["greedy"]
    clock.now += ABOUT_SECONDS + 0.1
    await works.end("greedy")
    assert works.lane.admission.shares.is_greedy("greedy")
    assert works.working() == ["greedy"] * 2
    await works.end_all()


async def test_who_waits_for_something_else_holds_up_not_even_the_greedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.http.admission.LONG_SECONDS", 0.1)
    clock = Clock()
    works = _Works(_lane(clock, 8))
    await _made_greedy(works, clock, "greedy")
    await works.ask("locked")
    await works.ask("greedy")
    async with asyncio.timeout(PATIENCE):
        while works.working() == ["locked"]:  # noqa: ASYNC110 - nobody would say so
            await asyncio.sleep(0.01)
    assert sorted(works.working()) == ["greedy", "locked"]
    # What takes the greedy long may be just what they asked for.
    assert not works.lane.lengthen("greedy")
    await works.ask("greedy")
    assert sorted(works.working()) == ["greedy", "locked"]
    await works.end_all()


def test_who_is_refused_again_and_again_is_told_so_at_intervals() -> None:
    clock = Clock()
    admission = Admission(clock=clock)
    assert [admission.put_off("greedy") for _ in range(3)] == pytest.approx(
        [0, REFUSAL_SECONDS, 2 * REFUSAL_SECONDS]
    )
    assert admission.put_off("another") == 0
    for _ in range(1000):
        last = admission.put_off("greedy")
    assert last == LATEST_SECONDS
    clock.now += LATEST_SECONDS + REFUSAL_SECONDS
    assert admission.put_off("greedy") == 0
    for number in range(MOST_ASKERS + 10):
        admission.put_off(str(number))
    assert len(admission._refusals) == MOST_ASKERS


async def test_the_turns_of_one_lane_are_not_those_of_another() -> None:
    admission = Admission(each=3)
    one, other = (_Works(Lane(admission, 1, seconds=PATIENCE)) for _ in range(2))
    for _ in range(2):
        await one.ask("greedy")
    await other.ask("greedy")
    assert (one.working(), other.working()) == (["greedy"], ["greedy"])
    # What one asker may have under way is counted over all of them.
    assert one.lane.refusal("greedy") is TOO_MANY
    await one.end_all()
    await other.end_all()
    assert (admission.total, admission.under_way) == (0, {})


async def test_fifty_are_let_in_though_turns_take_long_unless_they_take_very_long() -> None:
    clock = Clock()
    lane = Lane(Admission(clock=clock), 1, seconds=2 * PATIENCE)
    works = _Works(lane)
    for _ in range(HANDS + 20):
        await works.ask("hand")
    for _ in range(20):
        clock.now += 0.1 * PATIENCE
        await works.end("hand")
    assert lane.refusal("hand") is None
    await works.ask("hand")
    assert lane.refusal("hand") is TOO_MANY
    for _ in range(20):
        clock.now += PATIENCE
        await works.end("hand")
    assert lane.refusal("hand") is TOO_MANY
    await works.end_all()


async def test_who_would_wait_too_long_is_told_at_once() -> None:
    clock = Clock()
    lane = Lane(Admission(clock=clock), 1, seconds=2 * PATIENCE)
    works = _Works(lane)
    for _ in range(90):
        await works.ask("greedy")
    assert lane.refusal("greedy") is None
    for _ in range(20):
        clock.now += 0.05 * PATIENCE
        await works.end("greedy")
    # Seventy wait, each for as long as the last ones took; somebody else has the next turn.
    assert lane.refusal("greedy") is TOO_MANY
    assert lane.refusal("modest") is None
    for number in range(HANDS):
        await works.ask(f"many {number}")
    assert lane.refusal("modest") is FULL
    with pytest.raises(HttpError) as raised:
        await lane.turn("modest").__aenter__()
    assert (raised.value.status, dict(raised.value.headers)) == (503, {b"retry-after": b"1"})
    await works.end_all()
    assert lane.refusal("modest") is None


async def test_whoever_can_begin_is_let_in_however_slow_another_is() -> None:
    clock = Clock()
    works = _Works(_lane(clock, 8))
    for _ in range(20):
        await works.ask("slow")
    for _ in range(3):
        clock.now += 50 * PATIENCE
        await works.end("slow")
    assert works.lane.refusal("slow") is FULL
    assert works.lane.refusal("modest") is None
    await works.end_all()


async def test_who_is_told_so_by_their_budget_is_not_read() -> None:
    lane = Lane(Admission(lambda asker: asker == "spent"), 1)
    assert (lane.refusal("spent"), lane.refusal("modest")) == (SPENT, None)


async def test_whoever_waits_for_longer_than_they_may_gives_up() -> None:
    admission = Admission()
    works = _Works(Lane(admission, 1, seconds=0.01))
    await works.ask("one")
    await works.ask("other")
    [_, other] = works.tasks
    with pytest.raises(HttpError) as raised:
        await other
    assert raised.value.status == 503
    await works.end_all()
    assert (works.begun, admission.total, admission.under_way) == (["one"], 0, {})


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), at_once=st.integers(1, 12), askers=st.integers(1, 5))
def test_no_turn_is_lost_and_none_is_given_twice(seed: int, at_once: int, askers: int) -> None:
    asyncio.run(_at_random(random.Random(seed), at_once, askers))


async def _at_random(chance: random.Random, at_once: int, askers: int) -> None:
    clock = Clock()
    admission = Admission(clock=clock)
    lane = Lane(admission, at_once, seconds=1000)
    works = _Works(lane)
    for _ in range(60):
        clock.now += chance.choice((0.0, 0.01, 0.1, ABOUT_SECONDS * 2))
        kind = chance.random()
        if kind < 0.5:
            await works.ask(f"asker {chance.randrange(askers)}")
        elif kind < 0.6 and works.tasks:
            chance.choice(works.tasks).cancel()  # some as their turn comes
            if chance.random() < 0.5:
                await _settled()
        elif working := works.working():
            await works.end(chance.choice(working))
        assert len(works.working()) <= at_once
        assert lane.taken or not lane._waiting
    for task in works.tasks:
        if chance.random() < 0.1:
            task.cancel()
    await works.end_all()
    assert all(task.done() for task in works.tasks)
    assert (admission.total, admission.under_way) == (0, {})
    assert (lane.taken, lane.turns, lane._waiting, admission.short) == (0, {}, {}, 0)
