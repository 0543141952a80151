"""The audit refuses what tells a small count, names it, and passes what suppression made."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from api.reporting import suppression
from api.reporting.disclosure import DisclosureError, audit, protect
from api.reporting.release import (
    ALL,
    THRESHOLDS,
    TOTAL,
    Category,
    Dimension,
    Measure,
    Suppressed,
    Table,
    Unit,
)
from api.reporting.sums import Identity, Seen, Sums, bind
from schema.words import Edition
from tests.api.reporting.attacking import Attacker
from tests.api.reporting.tabulating import (
    areas,
    corrected,
    four_weeks,
    month_of,
    sparse,
    table,
)

SEEDS = st.integers(0, 10_000)
AREAS = areas([("Ash", "North"), ("Beech", "North"), ("Cedar", "South"), ("Dale", "South")])
WEEKLY = Dimension("area", "Area", (TOTAL, Category("North", "North"), Category("South", "South")))
PLACES = Measure("offered", "Offered", Unit.PLACES, is_public=True)
FREE = Measure("free", "Free", Unit.PLACES, is_public=True)
TAKEN = Measure("taken", "Taken", Unit.PLACES)
OFFERED = Identity("offered", ("free", "taken"))


def by_kind(**people: tuple[int, int]) -> Table:
    leaves = {
        (council, kind): value
        for council, values in people.items()
        for kind, value in zip(("hosting", "transport"), values, strict=True)
    }
    return table("by_kind", AREAS, leaves)


def primary_alone(
    sums: Sums, insiders: object = (), also: object = (), progress: object = None, size: object = 2
) -> frozenset[int]:
    return frozenset(i for i, each in enumerate(sums.numbers) if each.needed or each.is_withheld)


def test_hiding_small_counts_alone_is_refused_with_their_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(suppression, "hide", primary_alone)
    tables = [by_kind(Ash=(40, 3), Beech=(50, 60), Cedar=(70, 80), Dale=(90, 100))]
    with pytest.raises(DisclosureError) as refused:
        protect(tables)
    told = "LIAISON: people in table by_kind, row Ash, column transport, can be worked out by"
    assert f"{told} anybody as 3." in str(refused.value)
    monkeypatch.undo()
    protect(tables)


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_any_cell_that_was_needed_is_missed(seed: int) -> None:
    """What the tests' own attacker works out when one cell is shown, the audit refuses."""
    tables = sparse(seed)
    public = protect(tables)[Edition.PUBLIC]
    threshold = THRESHOLDS[Edition.PUBLIC]
    cells = [(i, cell) for i, each in enumerate(public) for cell in sorted(each.hidden)]
    assume(cells)
    at, shown = cells[seed % len(cells)]
    less = [
        replace(each, hidden=each.hidden - {shown} if i == at or shown[1] == ALL else each.hidden)
        for i, each in enumerate(public)
    ]
    attacker = Attacker([less])
    exact = [
        key
        for key, i in attacker.unknown.items()
        if 0 < attacker.truth[i] < threshold
        and attacker.bounds(key)[1] - attacker.bounds(key)[0] < threshold - 1e-6
    ]
    value = tables[at].cells[shown]
    assert isinstance(value, int)
    if exact or 0 < value < threshold:
        with pytest.raises(DisclosureError):
            audit({Edition.PUBLIC: less})


def test_a_cell_that_only_the_fuller_edition_hides_is_refused() -> None:
    tables = [by_kind(Ash=(40, 3), Beech=(50, 60), Cedar=(70, 80), Dale=(90, 100))]
    editions = protect(tables)
    public = [replace(each, hidden=frozenset()) for each in editions[Edition.PUBLIC]]
    with pytest.raises(DisclosureError, match="PUBLIC: people in table by_kind, row Ash"):
        audit(editions | {Edition.PUBLIC: public})


def test_offered_is_hidden_where_it_would_tell_how_many_are_taken() -> None:
    free = {("Ash", "hosting"): 20, ("Beech", "hosting"): 30, ("Cedar", "hosting"): 40}
    taken = {("Ash", "hosting"): 3, ("Beech", "hosting"): 50, ("Cedar", "hosting"): 60}
    offered = {cell: free[cell] + taken[cell] for cell in free}
    measures = ((PLACES, offered), (FREE, free), (TAKEN, taken))
    tables = [table("by_kind", AREAS, leaves, measure) for measure, leaves in measures]
    with pytest.raises(DisclosureError, match="row Ash"):
        audit(protect(tables), identities=[OFFERED])
    editions = protect(tables, identities=[OFFERED])
    for edition, suppressed in editions.items():
        attacker = Attacker([suppressed], identity=("offered", ("free", "taken")))
        assert ("Ash", "hosting") in suppressed[0].hidden
        assert suppressed[1].hidden == frozenset()
        for key, at in attacker.unknown.items():
            if key[0] == "taken" and 0 < attacker.truth[at] < THRESHOLDS[edition]:
                least, most = attacker.bounds(key)
                assert least <= 1
                assert most - least >= THRESHOLDS[edition]


def test_two_councils_of_a_region_do_not_tell_each_other() -> None:
    tables = [by_kind(Ash=(40, 3), Beech=(50, 60), Cedar=(70, 80), Dale=(90, 100))]
    public = protect(tables)[Edition.PUBLIC]
    attacker = Attacker([public], knows={"Beech"})
    least, most = attacker.bounds(("people", "by_kind", "Ash", "transport", 3))
    assert least <= 1
    assert most - least >= THRESHOLDS[Edition.PUBLIC]


def test_an_upper_tier_that_knows_its_lower_tiers_works_out_no_neighbour() -> None:
    rows = areas([("Ash", "North"), ("Beech", "North"), ("Cedar", "North"), ("Dale", "South")])
    leaves = {
        (council, kind): value
        for council, values in {"Ash": (40, 3), "Beech": (50, 60), "Cedar": (70, 80)}.items()
        for kind, value in zip(("hosting", "transport"), values, strict=True)
    } | {("Dale", "hosting"): 90, ("Dale", "transport"): 100}
    tables = [table("by_kind", rows, leaves)]
    public = protect(tables, tiers={"Beech": ["Cedar"]})[Edition.PUBLIC]
    attacker = Attacker([public], knows={"Beech", "Cedar"})
    least, most = attacker.bounds(("people", "by_kind", "Ash", "transport", 3))
    assert least <= 1
    assert most - least >= THRESHOLDS[Edition.PUBLIC]


def test_where_all_are_of_one_kind_one_more_is_possible_elsewhere() -> None:
    tables = [by_kind(Ash=(40, 0), Beech=(50, 60), Cedar=(70, 80), Dale=(90, 100))]
    for suppressed in protect(tables).values():
        attacker = Attacker([suppressed])
        least, most = attacker.bounds(("people", "by_kind", "Ash", "transport", 0))
        assert least == 0
        assert most >= 1


def test_four_hidden_counts_of_a_hidden_total_below_five_are_not_all_one() -> None:
    kinds = [f"k{i}" for i in range(6)]
    rows = {"Ash": (1, 1, 1, 1, 0, 0), "Beech": (20, 30, 40, 50, 60, 70)}
    rows |= {"Cedar": (25, 35, 45, 55, 65, 75), "Dale": (26, 36, 46, 56, 66, 76)}
    leaves = {
        (council, kind): value
        for council, values in rows.items()
        for kind, value in zip(kinds, values, strict=True)
    }
    hidden = protect([table("by_kind", AREAS, leaves)])[Edition.LIAISON][0].hidden
    assert ("Ash", ALL) in hidden
    assert len([cell for cell in hidden if cell[0] == "Ash"]) > len(["ALL", "k0", "k1", "k2", "k3"])


def test_a_correction_by_a_few_people_does_not_say_by_how_many() -> None:
    first = [by_kind(Ash=(40, 30), Beech=(50, 60), Cedar=(70, 80), Dale=(90, 100))]
    before = protect(first)
    second = [by_kind(Ash=(43, 30), Beech=(50, 60), Cedar=(70, 80), Dale=(90, 100))]
    earlier = {edition: [shown] for edition, shown in before.items()}
    for edition, suppressed in protect(second, earlier=earlier).items():
        chain = {(area, kind) for area in ("Ash", "North", ALL) for kind in ("hosting", ALL)}
        assert chain <= suppressed[0].hidden
        attacker = Attacker([before[edition], suppressed])
        least, most = attacker.bounds(("people", "by_kind", "Ash", "hosting", 43))
        assert most - least >= THRESHOLDS[edition]


def test_a_month_less_its_weeks_tells_no_small_count_of_a_week_or_of_the_days_between() -> None:
    def flow(north: int, south: int) -> Table:
        return table("by_kind", WEEKLY, {("North", "hosting"): north, ("South", "hosting"): south})

    weeks = [protect([flow(*values)]) for values in ((20, 40), (3, 70), (30, 50))]
    month, days = [flow(54, 200)], range(1, 31)
    overlapping = {
        edition: [(range(1 + 7 * n, 8 + 7 * n), week[edition]) for n, week in enumerate(weeks)]
        for edition in THRESHOLDS
    }
    with pytest.raises(
        DisclosureError, match="in the 7 days from 0001-01-08 in table by_kind, row North"
    ):
        audit(protect(month), overlapping=overlapping, days=days)
    for suppressed in protect(month, overlapping=overlapping, days=days).values():
        assert ("North", "hosting") in suppressed[0].hidden


def weekly(**people: tuple[int, int]) -> Table:
    """A week's: regions are told, councils are not."""
    each = by_kind(**people)
    return replace(each, rows=replace(each.rows, withheld=frozenset(people)))


def test_a_council_that_takes_its_own_from_a_week_works_out_no_neighbour() -> None:
    tables = [weekly(Ash=(40, 3), Beech=(50, 60), Cedar=(70, 80), Dale=(90, 100))]
    for edition, suppressed in protect(tables).items():
        (shown,) = suppressed
        is_hidden = ("North", "transport") in shown.hidden
        assert is_hidden == (edition is Edition.PUBLIC)
        assert {row for row, _ in shown.hidden} <= {ALL, "North", "South"}
    attacker = Attacker([suppressed], knows={"Beech"})
    least, most = attacker.bounds(("people", "by_kind", "Ash", "transport", 3))
    assert least <= 1
    assert most - least >= THRESHOLDS[Edition.PUBLIC]
    told = replace(shown, hidden=frozenset())
    with pytest.raises(DisclosureError, match=r"row Ash, column transport, .* council Beech as 3"):
        audit({Edition.PUBLIC: [told]})


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.booleans())
def test_a_month_and_its_weeks_tell_no_small_count_whichever_comes_first(
    seed: int, is_month_first: bool
) -> None:
    """Neither to anybody nor to a council that knows its own figures of month and weeks."""
    weeks = four_weeks(seed)
    whole = month_of(weeks)
    parts = [(range(1 + 7 * n, 8 + 7 * n), week) for n, week in enumerate(weeks)]
    order = [(range(1, 29), whole), *parts] if is_month_first else [*parts, (range(1, 29), whole)]
    seen: dict[Edition, list[Seen]] = {edition: [] for edition in THRESHOLDS}
    for days, tables in order:
        is_month = len(days) > 7
        bound = {
            edition: [each for each in before if is_month or any(len(w) > 7 for w, _ in before)]
            for edition, before in seen.items()
        }
        try:
            made = protect(tables, overlapping=bound, days=days)
        except DisclosureError:
            break
        for edition, suppressed in made.items():
            seen[edition].append((days, suppressed))
    councils = [row for row in whole[0].rows.categories if row.code.startswith("C")]
    for edition, shown in seen.items():
        named = [called(each, f"{days}") for days, tables in shown for each in tables]
        sum_of = (f"{range(1, 29)}", [f"{days}" for days, _ in parts])
        viewers = [frozenset({row.code}) for row in councils] if edition is Edition.PUBLIC else []
        for viewer in (frozenset[str](), *viewers):
            attacker = Attacker([named], viewer, identity=sum_of if len(shown) == 5 else None)
            for key, at in attacker.unknown.items():
                if 0 < attacker.truth[at] < THRESHOLDS[edition] and (
                    not viewer or key[2].startswith("C")
                ):
                    least, most = attacker.bounds(key)
                    assert least <= 1 + 1e-6, (key, viewer)
                    assert most - least >= THRESHOLDS[edition] - 1e-6, (key, viewer)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_another_report_that_counts_the_same_tells_no_more(seed: int) -> None:
    by_kind, by_route = sparse(seed)
    first = protect([by_kind, by_route])
    days = range(1, 8)
    akin = {edition: [(days, shown)] for edition, shown in first.items()}
    second = protect([by_kind], overlapping=akin, days=days)
    for edition, suppressed in second.items():
        attacker = Attacker([first[edition], suppressed])
        for key, at in attacker.unknown.items():
            if 0 < attacker.truth[at] < THRESHOLDS[edition]:
                least, most = attacker.bounds(key)
                assert least <= 1 + 1e-6
                assert most - least >= THRESHOLDS[edition] - 1e-6


def called(suppressed: Suppressed, name: str) -> Suppressed:
    """The same of a measure of another name."""
    table = suppressed.table
    return replace(suppressed, table=replace(table, measure=replace(table.measure, name=name)))


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_a_correction_passes_beside_what_it_corrects(seed: int) -> None:
    first = sparse(seed)
    earlier = {edition: [shown] for edition, shown in protect(first).items()}
    audit(protect(corrected(first, seed), earlier=earlier), earlier=earlier)


def test_figures_that_do_not_add_up_are_an_error_with_their_place() -> None:
    good = by_kind(Ash=(40, 3), Beech=(50, 60), Cedar=(70, 80), Dale=(90, 100))
    wrong = replace(good, cells={**good.cells, ("North", "hosting"): 91})
    with pytest.raises(ValueError, match="row ALL, column hosting, is 250; its parts sum to 251"):
        bind([wrong], 5)
    with pytest.raises(ValueError, match="is -1, which is not a count"):
        bind([replace(good, cells={**good.cells, ("Ash", "hosting"): -1})], 5)


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    tables = [by_kind(Ash=(40, 3), Beech=(2, 60), Cedar=(70, 80), Dale=(90, 100))]
    protect(tables, progress=lambda done, of: told.append((done, of)))
    assert (1, 2) in told
    assert all(done <= of for done, of in told)
