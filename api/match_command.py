"""The command line's part on matching: many households and offers at once, with certificates."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import numpy as np
import typer
from rich.console import Console

from api.matching import online
from api.matching.allocation import Allocation, Certificate, solve
from api.matching.arrivals import Arrivals, read_arrivals
from api.matching.expected import Expected, placed, read_expected
from api.matching.greedy import NOWHERE, Assignment
from api.matching.incumbent import Progress
from api.matching.instance import (
    Floats,
    Instance,
    InstanceError,
    Objective,
    Whole,
    read_instance,
)
from api.matching.scores import Reason
from api.matching.stages import in_stages
from api.matching.unplaced import unplaced
from api.matching.waiting import (
    Asked,
    Waiting,
    as_owner,
    known_kinds,
    read_waiting,
)
from api.matching.waiting import Progress as Compared
from api.terminal import database, fail
from schema.words import AllocationPolicy


def match(
    problem: Annotated[
        Path | None,
        typer.Option(
            help="JSON: families, hosts and scores (- reads standard input); else the database's."
        ),
    ] = None,
    objective: Annotated[
        Objective, typer.Option(help="With a problem: what is to be as large as can be.")
    ] = Objective.PEOPLE,
    kind: Annotated[
        list[str] | None, typer.Option(help="Without a problem: a kind of support; repeat it.")
    ] = None,
    council: Annotated[
        list[str] | None, typer.Option(help="Only offers of this council (GSS code); repeat it.")
    ] = None,
    time_limit: Annotated[float, typer.Option(min=0.5, help="Seconds to solve.")] = 60.0,
    seed: Annotated[int, typer.Option(help="The same seed tries the same things.")] = 1,
    *,
    is_online: Annotated[
        bool,
        typer.Option("--online", help="Keep places for who comes later, as the past tells."),
    ] = False,
    weeks: Annotated[
        int, typer.Option(min=0, max=52, help="With --online, no problem: how far to look ahead.")
    ] = 4,
    by_preference: Annotated[
        bool, typer.Option("--by-preference", help="Count where households would like to live.")
    ] = False,
) -> None:
    """Assign households to offers, and print who goes where with certificates as JSON.

    It changes nothing. From the database, the most people are placed first, then the best total
    score with no fewer people.
    """
    console = Console(stderr=True)

    def tell(stage: str, value: float, bound: float) -> None:
        console.print(f"{stage}: {value:g} of at most {bound:g}", highlight=False)

    try:
        if is_online and problem is not None:
            arrivals = read_arrivals(problem)
            typer.echo(
                json.dumps(_online(arrivals, objective, time_limit, seed, console), indent=2)
            )
            return
        if problem is not None:
            instance = read_instance(problem)
            found = solve(instance, objective, seconds=time_limit, seed=seed, progress=tell)
            typer.echo(json.dumps(told(instance, found), indent=2))
            return
        policy = AllocationPolicy.BY_PREFERENCE if by_preference else AllocationPolicy.BY_NEED
        asked = Asked(kind or [], council, None, policy)
        with database() as (_, _, migration_url):
            read = read_expected if is_online else read_waiting
            known = asyncio.run(_read(migration_url, asked, read, console))
        if isinstance(known, Expected):
            typer.echo(json.dumps(_kept(known, weeks, seed), indent=2))
            return
        console.print(f"{len(known.needs)} needs, {len(known.offers)} offers")
        typer.echo(json.dumps(_allocated(known, time_limit, seed, tell), indent=2))
    except InstanceError as error:
        fail(str(error))


async def _read(
    url: str,
    asked: Asked,
    read: Callable[[asyncpg.Connection, Asked, Compared], Awaitable[Expected | Waiting]],
    console: Console,
) -> Expected | Waiting:
    async with as_owner(url) as connection:
        kinds = await known_kinds(connection, asked)
        return await read(
            connection,
            replace(asked, kinds=kinds),
            lambda done, of: console.print(f"{done} of {of} requests compared"),
        )


def _allocated(
    waiting: Waiting, time_limit: float, seed: int, progress: Progress
) -> dict[str, Any]:
    found = in_stages(waiting.instance, seconds=time_limit, seed=seed, progress=progress)
    best = found.score
    return {
        "assignment": _assignment(waiting, best.chosen),
        "people": {"waiting": int(waiting.instance.sizes.sum())}
        | _certificate(found.people.certificate),
        "score": _certificate(best.certificate),
        "shadowPrices": _prices(waiting, best.shadow_prices),
        "unplaced": _unplaced(waiting, best),
    }


def _kept(expected: Expected, weeks: int, seed: int) -> dict[str, Any]:
    """Who of those that wait goes where, with places kept for who is expected."""
    waiting = expected.waiting
    found, prices = placed(expected, weeks, seed)
    return {
        "assignment": _assignment(waiting, found.chosen),
        "expected": {
            "needs": round(len(expected.past.families) * weeks / expected.weeks),
            "weeks": weeks,
        },
        "shadowPrices": _prices(waiting, prices),
        "unplaced": _unplaced(waiting, found),
    }


def _assignment(waiting: Waiting, chosen: Whole) -> list[dict[str, Any]]:
    return [
        {
            "request": f"request_{waiting.needs[family].request}",
            "kind": waiting.needs[family].kind,
            "offer": f"offer_{waiting.offers[host].offer}",
            "score": score,
        }
        for family, host, score in waiting.placed(chosen)
    ]


def _prices(waiting: Waiting, prices: Floats) -> list[dict[str, Any]]:
    return [
        {"council": council, "perPlace": round(price, 6)}
        for council, price in waiting.council_prices(prices).items()
    ]


def _unplaced(waiting: Waiting, found: Allocation | Assignment) -> list[dict[str, Any]]:
    return [
        {
            "request": f"request_{waiting.needs[family].request}",
            "kind": waiting.needs[family].kind,
            "reasons": _reasons(reasons),
        }
        for family, reasons in waiting.unplaced(found).items()
    ]


def _online(
    arrivals: Arrivals, objective: Objective, time_limit: float, seed: int, console: Console
) -> dict[str, Any]:
    """Who goes where as they come, beside the best that hindsight could do."""

    def tell(done: int, of: int) -> None:
        console.print(f"{done} of {of} batches placed", highlight=False)

    instance = arrivals.instance
    values = instance.values(objective)
    found = online.placed(arrivals, objective, seed, tell)
    hindsight = solve(instance, objective, seconds=time_limit, seed=seed).certificate
    value = found.value(values)
    placed = np.flatnonzero(found.chosen != NOWHERE)
    return {
        "assignment": [
            {"family": instance.families[family], "host": instance.hosts[host]}
            for family, host in zip(placed, instance.pair_host[found.chosen[placed]], strict=True)
        ],
        "value": value,
        "greedy": online.one_by_one(arrivals, objective).value(values),
        "hindsight": {"value": hindsight.value, "bound": hindsight.bound},
        "share": value / hindsight.bound if hindsight.bound else 1.0,
        "placedPeople": int(instance.sizes[placed].sum()),
    }


def _certificate(of: Certificate) -> dict[str, Any]:
    return {
        "value": of.value,
        "bound": of.bound,
        "gap": of.gap,
        "greedy": of.greedy,
        "seconds": round(of.seconds, 3),
    }


def told(instance: Instance, found: Allocation) -> dict[str, Any]:
    """An allocation as it is printed; every family that is not placed says why."""
    placed = np.flatnonzero(found.chosen != NOWHERE)
    pairs = found.chosen[placed]
    return {
        "assignment": [
            {"family": instance.families[family], "host": instance.hosts[host]}
            for family, host in zip(placed, instance.pair_host[pairs], strict=True)
        ],
        "certificate": _certificate(found.certificate)
        | {
            "placedPeople": int(instance.sizes[placed].sum()),
            "score": float(instance.points[pairs].sum()),
        },
        "shadowPrices": [
            {"host": name, "perPlace": round(float(price), 6)}
            for name, price in zip(instance.hosts, found.shadow_prices, strict=True)
            if price > 0
        ],
        "unplaced": [
            {"family": instance.families[family], "reasons": _reasons(reasons)}
            for family, reasons in unplaced(instance, found).items()
        ],
    }


def _reasons(found: list[Reason]) -> list[dict[str, str]]:
    return [{"rule": reason.rule, "message": reason.message} for reason in found]
