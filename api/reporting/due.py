"""What tariffs in force pay a council for one arrival from a day in a period on."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import asyncpg

from api.guidance.funding import MINOR, Household, TariffRow, funding
from schema.types.periods import Period

FUNDED = ("people_arrived", "pounds_on_arrival", "pounds_due")
COUNCIL = "council"
_TARIFFS = """
    SELECT id, route_code, body, (lower(valid) AT TIME ZONE 'Europe/London')::date AS begins,
        (upper(valid) AT TIME ZONE 'Europe/London')::date AS ends
    FROM route_fact WHERE sort = 'TARIFF' AND known @> $1::timestamptz
    ORDER BY route_code, position
"""
Tariffs = Mapping[str, tuple[TariffRow, ...]]


async def tariffs_known(connection: asyncpg.Connection, known: datetime) -> Tariffs:
    """The tariffs of each route as they were known at a moment."""
    found: dict[str, tuple[TariffRow, ...]] = {}
    for row in await connection.fetch(_TARIFFS, known):
        told = row["body"]
        tariff = TariffRow(
            row["id"],
            told["kind"],
            Decimal(told["amount"]),
            told["per"],
            told["period"],
            told["payee"],
            row["begins"],
            row["ends"],
            told["most_months"],
        )
        found[row["route_code"]] = (*found.get(row["route_code"], ()), tariff)
    return found


def due(
    tariffs: Tariffs, arrival: Mapping[str, Any], period: Period
) -> tuple[Decimal, Decimal, Decimal]:
    """People who arrived in the period, pounds for their arrival, and pounds due in all.

    For the arrival is what each person alike brings at once, for a whole year where it is for a
    year: over the people who came it tells nothing of how they are made up.
    """
    rows = tariffs.get(arrival["route"], ())
    made_up = arrival["adults"], tuple(arrival["child_bands"]), arrival["arrived_on"]
    paid = _lines(rows, *made_up, arrival["ended_on"])
    in_all = sum((amount for _, begins, amount in paid if _is_in(period, begins)), Decimal(0))
    if not arrival["is_new"]:
        return Decimal(0), Decimal(0), in_all
    each_alike = {row.id for row in rows if row.per == "person" and MINOR not in row.kind}
    at_once = sum(
        (
            amount
            for tariff, begins, amount in _lines(rows, *made_up, None)
            if tariff in each_alike and begins == arrival["arrived_on"]
        ),
        Decimal(0),
    )
    return Decimal(arrival["people"]), at_once, in_all


def changing(tariffs: Tariffs, period: Period) -> frozenset[str]:
    """Routes that pay otherwise for an arrival on one day of the period than on another.

    There, pounds over people would tell how many came before and after the change.
    """
    days = [date.fromordinal(day) for day in period.days]
    return frozenset(
        route
        for route, rows in tariffs.items()
        if len({tuple(row.id for row in rows if row.is_in_force(day)) for day in days}) > 1
    )


def _is_in(period: Period, day: date) -> bool:
    return period.first <= day < period.after


@lru_cache(100_000)
def _lines(
    rows: Sequence[TariffRow],
    adults: int,
    child_ages: tuple[int, ...],
    arrived_on: date,
    left_on: date | None,
) -> tuple[tuple[Any, date, Decimal], ...]:
    household = Household(adults, child_ages, arrived_on, left_on, None, left_on)
    lines = funding(rows, household).lines
    return tuple((each.tariff, each.begins, each.amount) for each in lines if each.payee == COUNCIL)
