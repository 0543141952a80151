"""Funding: lines that add up, whatever the household and its stay."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.guidance.funding import Household, TariffRow, funding, months_after
from schema.reference.facts import facts_of
from schema.reference.files import read_reference
from schema.words import RouteFactSort

ROUTES = {
    route.code: tuple(
        TariffRow(
            uuid4(),
            fact.body["kind"],
            Decimal(fact.body["amount"]),
            fact.body["per"],
            fact.body["period"],
            fact.body["payee"],
            fact.valid_from and fact.valid_from.date(),
            fact.valid_to and fact.valid_to.date(),
            fact.body["most_months"],
        )
        for fact in facts_of(route)
        if fact.sort is RouteFactSort.TARIFF
    )
    for route in read_reference().routes
}
days = st.dates(date(2021, 1, 1), date(2027, 1, 1))


@st.composite
def households(draw: st.DrawFn) -> Household:
    arrived_on = draw(days)
    stay = draw(st.none() | st.integers(0, 2000))
    left_on = None if stay is None else arrived_on + timedelta(stay)
    return Household(
        draw(st.integers(0, 4)),
        tuple(draw(st.lists(st.integers(0, 17), max_size=4))),
        arrived_on,
        left_on,
        draw(st.none() | st.integers(0, 40)),
        left_on,
    )


def _with(household: Household, left_on: date) -> Household:
    return Household(
        household.adults,
        household.child_ages,
        household.arrived_on,
        left_on,
        household.sponsor_months,
        left_on,
    )


@given(st.sampled_from(sorted(ROUTES)), households())
def test_lines_add_up_to_the_penny(route: str, household: Household) -> None:
    found = funding(ROUTES[route], household)
    assert found.total == sum(line.amount for line in found.lines)
    assert 0 <= found.total_to_council <= found.total
    assert all(line.amount == line.amount.quantize(Decimal("0.01")) for line in found.lines)


@given(st.sampled_from(sorted(ROUTES)), households())
def test_no_line_begins_after_the_household_left(route: str, household: Household) -> None:
    for line in funding(ROUTES[route], household).lines:
        assert line.begins >= household.arrived_on
        assert line.ends is None or line.begins < line.ends
        assert household.left_on is None or line.begins < household.left_on


@given(st.sampled_from(sorted(ROUTES)), households(), st.integers(0, 1500))
def test_leaving_earlier_never_pays_more(route: str, household: Household, stay: int) -> None:
    left_on = household.arrived_on + timedelta(stay)
    if household.left_on and left_on > household.left_on:
        return
    rows = ROUTES[route]
    assert funding(rows, _with(household, left_on)).total <= funding(rows, household).total


@given(st.sampled_from(sorted(ROUTES)), households())
def test_nothing_is_paid_twice_for_one_time(route: str, household: Household) -> None:
    lines = funding(ROUTES[route], household).lines
    for kind in {line.kind for line in lines}:
        of_kind = sorted((line for line in lines if line.kind == kind), key=lambda x: x.begins)
        for earlier, later in pairwise(of_kind):
            assert earlier.ends is not None
            assert earlier.ends <= later.begins


@pytest.mark.parametrize(
    ("arrived_on", "amount"), [(date(2022, 12, 31), 10500), (date(2023, 1, 1), 5900)]
)
def test_the_day_of_arrival_picks_the_tariff(arrived_on: date, amount: int) -> None:
    household = Household(3, (), arrived_on, None, None, None)
    lines = funding(ROUTES["homes-for-ukraine"], household).lines
    (tariff,) = (line for line in lines if line.kind == "tariff")
    assert (int(tariff.amount), int(tariff.quantity)) == (3 * amount, 3)


def test_thank_you_is_more_after_a_year_until_it_is_flat() -> None:
    # From 1 May 2023: 12 months of 350, 11 of 500 to March 2025, then 350 again.
    household = Household(1, (), date(2023, 5, 1), None, 30, None)
    lines = [
        (int(line.amount), int(line.quantity), line.begins)
        for line in funding(ROUTES["homes-for-ukraine"], household).lines
        if line.payee == "sponsor"
    ]
    assert lines == [
        (4200, 12, date(2023, 5, 1)),
        (5500, 11, date(2024, 5, 1)),
        (2450, 7, date(2025, 4, 1)),
    ]


def test_months_end_where_the_calendar_lets_them() -> None:
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2023, 12, 31), 2) == date(2024, 2, 29)
