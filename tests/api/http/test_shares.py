"""Shares: time is had by whoever has a turn, shared by as many as have one, and comes back."""

import pytest

from api.http.shares import MOMENT_SECONDS, MOST_ASKERS, MOST_SECONDS, SHARE, Shares
from tests.api.http.clock import Clock


def _has_had(shares: Shares, clock: Clock, asker: str, seconds: float) -> None:
    begun = shares.begin()
    clock.now += seconds
    shares.end(asker, begun)


def test_who_keeps_to_their_share_is_never_greedy() -> None:
    clock = Clock()
    shares = Shares(clock)
    for _ in range(1000):
        _has_had(shares, clock, "busy", 0.01)
        clock.now += 0.01 / SHARE
        assert not shares.is_greedy("busy")


def test_who_takes_all_is_soon_greedy_and_a_second_later_no_more() -> None:
    clock = Clock()
    shares = Shares(clock)
    begun = clock.now
    while not shares.is_greedy("greedy"):
        _has_had(shares, clock, "greedy", 0.01)
    assert clock.now - begun == pytest.approx(MOMENT_SECONDS / (1 - SHARE), abs=0.02)
    _has_had(shares, clock, "greedy", 3600)
    assert shares.is_greedy("greedy")
    assert not shares.is_greedy("another")
    clock.now += (MOST_SECONDS - MOMENT_SECONDS) / SHARE + 0.01
    assert not shares.is_greedy("greedy")


def test_time_is_shared_by_as_many_as_have_a_turn() -> None:
    clock = Clock()
    shares = Shares(clock)
    # Ten at once for a second had a tenth of it each; who goes on alone has all of the next.
    begun = [shares.begin() for _ in range(10)]
    clock.now += 1
    for number in range(9):
        shares.end(f"one of {number}", begun[number])
        assert not shares.is_greedy(f"one of {number}")
    clock.now += 1
    shares.end("last", begun[9])
    assert shares.is_greedy("last")


def test_strangers_cannot_fill_the_memory() -> None:
    clock = Clock()
    shares = Shares(clock)
    for number in range(MOST_ASKERS + 10):
        _has_had(shares, clock, str(number), 0)
    assert len(shares._buckets) == MOST_ASKERS
