"""No small count can be worked out, by an attacker of the tests' own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.reporting.release import THRESHOLDS, Suppressed
from api.reporting.sums import Identity
from api.reporting.suppression import suppress
from schema.words import Edition
from tests.api.reporting.attacking import Attacker, Unknown
from tests.api.reporting.tabulating import corrected, sparse, supply

pytestmark = pytest.mark.no_cover  # other tests run the same lines, and measuring takes a third

SEEDS = st.integers(0, 10_000)


def worked_out(
    releases: list[tuple[Suppressed, ...]], threshold: int, knows: frozenset[str] = frozenset()
) -> dict[Unknown, tuple[float, float]]:
    """Small counts of the last release that the numbers narrow down to less than the threshold."""
    attacker = Attacker(releases, knows)
    found = {}
    for key, at in attacker.unknown.items():
        if 0 < attacker.truth[at] < threshold:
            least, most = attacker.bounds(key)
            if least > 1 + 1e-6 or most - least < threshold - 1e-6:
                found[key] = least, most
    return found


def small_shown(suppressed: tuple[Suppressed, ...], threshold: int) -> list[tuple[str, str]]:
    return [
        cell
        for each in suppressed
        for cell, value in each.table.cells.items()
        if isinstance(value, int) and 0 < value < threshold and cell not in each.hidden
    ]


@settings(max_examples=70, deadline=None)
@given(SEEDS)
def test_no_small_count_can_be_worked_out(seed: int) -> None:
    """By anybody from either edition, nor from PUBLIC by a council that knows its own figures."""
    tables = sparse(seed)
    editions = suppress(tables)
    for edition, suppressed in editions.items():
        assert small_shown(suppressed, THRESHOLDS[edition]) == []
        assert worked_out([suppressed], THRESHOLDS[edition]) == {}
    public, threshold = editions[Edition.PUBLIC], THRESHOLDS[Edition.PUBLIC]
    for council in (row.code for row in tables[0].rows.categories if row.code.startswith("C")):
        found = worked_out([public], threshold, frozenset({council}))
        assert [place for place in found if place[2].startswith("C")] == []
    # Who has both editions has no more than who has the fuller.
    both = zip(editions[Edition.LIAISON], public, strict=True)
    assert all(fuller.hidden <= barer.hidden for fuller, barer in both)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_a_correction_and_what_it_corrects_tell_no_small_count_together(seed: int) -> None:
    first = sparse(seed)
    before = suppress(first)
    earlier = {edition: [shown] for edition, shown in before.items()}
    after = suppress(corrected(first, seed), earlier=earlier)
    for edition, suppressed in after.items():
        assert worked_out([before[edition], suppressed], THRESHOLDS[edition]) == {}


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_what_is_offered_less_what_is_free_tells_no_small_count(seed: int) -> None:
    parts = ("free", "held", "taken")
    for edition, suppressed in suppress(
        supply(seed), identities=[Identity("offered", parts)]
    ).items():
        threshold = THRESHOLDS[edition]
        attacker = Attacker([suppressed], identity=("offered", parts))
        offered, free = suppressed[0], suppressed[1]
        assert free.hidden == frozenset()
        for cell, value in offered.table.cells.items():
            assert isinstance(value, int)
            used = value - int(free.table.cells[cell] or 0)
            assert cell in offered.hidden or not 0 < used < threshold
        for key, at in attacker.unknown.items():
            if key[0] in {"held", "taken"} and 0 < attacker.truth[at] < threshold:
                least, most = attacker.bounds(key)
                assert least <= 1 + 1e-6
                assert most - least >= threshold - 1e-6
