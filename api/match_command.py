"""The command line's part on matching: a bare problem solved, with its certificate."""

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from api.matching.allocation import Allocation, solve
from api.matching.greedy import NOWHERE
from api.matching.instance import Instance, InstanceError, Objective, read_instance
from api.terminal import fail


def match(
    problem: Annotated[Path, typer.Option(help="JSON: families, hosts and scores.")],
    objective: Annotated[Objective, typer.Option(help="What is to be as large as can be.")],
    time_limit: Annotated[float, typer.Option(min=0.5, help="Seconds.")] = 60.0,
    seed: Annotated[int, typer.Option(help="The same seed tries the same things.")] = 1,
) -> None:
    """Assign families to hosts, and print the assignment with its certificate as JSON."""
    try:
        instance = read_instance(problem)
    except InstanceError as error:
        fail(str(error))
    console = Console(stderr=True)

    def tell(stage: str, value: float, bound: float) -> None:
        console.print(f"{stage}: {value:g} of at most {bound:g}", highlight=False)

    found = solve(instance, objective, seconds=time_limit, seed=seed, progress=tell)
    typer.echo(json.dumps(told(instance, found), indent=2))


def told(instance: Instance, found: Allocation) -> dict[str, Any]:
    """An allocation as it is printed; every family that is not placed says why."""
    certificate = found.certificate
    placed = np.flatnonzero(found.chosen != NOWHERE)
    pairs = found.chosen[placed]
    return {
        "assignment": [
            {"family": instance.families[family], "host": instance.hosts[host]}
            for family, host in zip(placed, instance.pair_host[pairs], strict=True)
        ],
        "certificate": {
            "value": certificate.value,
            "bound": certificate.bound,
            "gap": certificate.gap,
            "greedy": certificate.greedy,
            "placedPeople": int(instance.sizes[placed].sum()),
            "score": float(instance.points[pairs].sum()),
            "seconds": round(certificate.seconds, 3),
        },
        "shadowPrices": [
            {"host": name, "perPlace": round(float(price), 6)}
            for name, price in zip(instance.hosts, found.shadow_prices, strict=True)
            if price > 0
        ],
        "unplaced": [
            {"family": instance.families[family], "reason": reason}
            for family, reason in reasons(instance, found).items()
        ],
    }


def reasons(instance: Instance, found: Allocation) -> dict[int, str]:
    """Why each family without a host has none, in a sentence."""
    known = np.bincount(instance.pair_family, minlength=len(instance.families))
    fitting = np.bincount(instance.pair_family[instance.fits], minlength=len(instance.families))
    has_room = instance.sizes[instance.pair_family] <= found.left[instance.pair_host]
    open_still = np.bincount(instance.pair_family[has_room], minlength=len(instance.families))
    said = {}
    for family in np.flatnonzero(found.chosen == NOWHERE).tolist():
        size = int(instance.sizes[family])
        if known[family] == 0:
            said[family] = "No host suits this family."
        elif fitting[family] == 0:
            said[family] = f"No host that suits has places for all {size} people."
        elif open_still[family]:
            said[family] = "A host has places, but this pair would lower the total."
        else:
            said[family] = f"Every host that suits is full for a family of {size}."
    return said
