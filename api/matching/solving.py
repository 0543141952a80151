"""A problem solved in a process of its own, that can be ended: JSON in, lines of JSON out.

On standard input, one line: the problem. It stays open: its end means that whoever asked is gone,
and then this process and those that it began end too. On standard output, a line for each step,
and at last the assignment.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from api.matching.allocation import Allocation, Certificate
from api.matching.instance import Instance
from api.matching.stages import Stages, in_stages

LONGEST_LINE = 1 << 28
NICENESS = 10
"""Requests go first."""

Told = Callable[[str, float, float], None]
"""Told the stage, the best value so far and the bound."""


class SolvingError(Exception):
    """The process ended without an assignment."""


async def solved(instance: Instance, seconds: float, seed: int, told: Told) -> Stages:
    """The outcome of both stages; cancelled, it ends the process and all that this began."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "api.matching.solving"),
        stdin=PIPE,
        stdout=PIPE,
        limit=LONGEST_LINE,
        start_new_session=True,
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        worker.stdin.write(_asked(instance, seconds, seed))
        await worker.stdin.drain()
        async for line in worker.stdout:
            found = json.loads(line)
            if "stage" in found:
                told(found["stage"], found["value"], found["bound"])
            else:
                return Stages(_allocation(found["people"]), _allocation(found["score"]))
        raise SolvingError(f"The solver ended with {await worker.wait()}.")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        await worker.wait()


def _asked(instance: Instance, seconds: float, seed: int) -> bytes:
    asked = {
        "families": instance.families,
        "hosts": instance.hosts,
        "pair_family": instance.pair_family.tolist(),
        "pair_host": instance.pair_host.tolist(),
        "places": instance.places.tolist(),
        "points": instance.points.tolist(),
        "seconds": seconds,
        "seed": seed,
        "sizes": instance.sizes.tolist(),
    }
    return json.dumps(asked).encode() + b"\n"


def _told(found: Allocation) -> dict[str, Any]:
    return {
        "certificate": asdict(found.certificate),
        "chosen": found.chosen.tolist(),
        "left": found.left.tolist(),
        "shadow_prices": found.shadow_prices.tolist(),
    }


def _allocation(told: dict[str, Any]) -> Allocation:
    return Allocation(
        np.array(told["chosen"], dtype=np.int64),
        np.array(told["left"], dtype=np.int64),
        Certificate(**told["certificate"]),
        np.array(told["shadow_prices"], dtype=np.float64),
    )


def main() -> None:
    """Solve what standard input asks."""
    os.nice(NICENESS)
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    instance = Instance(
        tuple(asked["families"]),
        np.array(asked["sizes"], dtype=np.int64),
        tuple(asked["hosts"]),
        np.array(asked["places"], dtype=np.int64),
        np.array(asked["pair_family"], dtype=np.int64),
        np.array(asked["pair_host"], dtype=np.int64),
        np.array(asked["points"], dtype=np.float64),
    )

    def say(**line: Any) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    found = in_stages(
        instance,
        seconds=asked["seconds"],
        seed=asked["seed"],
        progress=lambda stage, value, bound: say(stage=stage, value=value, bound=bound),
    )
    say(people=_told(found.people), score=_told(found.score))


def _end_with_standard_input() -> None:
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
