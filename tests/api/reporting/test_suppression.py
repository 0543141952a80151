"""No small count can be worked out, by an attacker of the tests' own."""

from hypothesis import given, settings
from hypothesis import strategies as st

from api.reporting.release import THRESHOLDS, Suppressed
from api.reporting.suppression import suppress
from schema.words import Edition
from tests.api.reporting.attacking import Attacker
from tests.api.reporting.tabulating import corrected, sparse

SEEDS = st.integers(0, 10_000)


def worked_out(
    releases: list[tuple[Suppressed, ...]], threshold: int, knows: frozenset[str] = frozenset()
) -> list[str]:
    """Small counts of the last release that the numbers narrow down to less than the threshold."""
    attacker = Attacker(releases, knows)
    found = []
    for key, at in attacker.unknown.items():
        if 0 < attacker.truth[at] < threshold:
            least, most = attacker.bounds(key)
            if least > 1 + 1e-6 or most - least < threshold - 1e-6:
                found.append(f"{key}: {least:g} to {most:g}")
    return found


def small_shown(suppressed: tuple[Suppressed, ...], threshold: int) -> list[tuple[str, str]]:
    return [
        cell
        for each in suppressed
        for cell, value in each.table.cells.items()
        if isinstance(value, int) and 0 < value < threshold and cell not in each.hidden
    ]


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_no_small_count_can_be_worked_out(seed: int) -> None:
    editions = suppress(sparse(seed))
    for edition, suppressed in editions.items():
        threshold = THRESHOLDS[edition]
        assert small_shown(suppressed, threshold) == []
        assert worked_out([suppressed], threshold) == []


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_a_correction_and_what_it_corrects_tell_no_small_count_together(seed: int) -> None:
    first = sparse(seed)
    before = suppress(first)
    earlier = {edition: [shown] for edition, shown in before.items()}
    after = suppress(corrected(first, seed), earlier=earlier)
    for edition, suppressed in after.items():
        assert worked_out([before[edition], suppressed], THRESHOLDS[edition]) == []


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_a_council_that_knows_its_own_figures_works_out_no_other(seed: int) -> None:
    tables = sparse(seed)
    public = suppress(tables)[Edition.PUBLIC]
    councils = [row.code for row in tables[0].rows.categories if row.code.startswith("C")]
    for council in councils:
        found = worked_out([public], THRESHOLDS[Edition.PUBLIC], frozenset({council}))
        assert [line for line in found if line.split("'")[5].startswith("C")] == []


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_who_has_both_editions_has_no_more_than_the_fuller(seed: int) -> None:
    editions = suppress(sparse(seed))
    both = zip(editions[Edition.LIAISON], editions[Edition.PUBLIC], strict=True)
    assert all(fuller.hidden <= barer.hidden for fuller, barer in both)
