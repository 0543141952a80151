"""An allocation in its two stages: the most people placed, then the best score among those.

It keeps a processor busy. HiGHS works in a process of its own, so the caller's can't be daemonic.
"""

from collections.abc import Callable
from dataclasses import dataclass

from api.matching.allocation import Allocation, solve
from api.matching.incumbent import Progress
from api.matching.instance import Instance, Objective


@dataclass(frozen=True)
class Stages:
    """The same problem for the most people, and for the best score with no fewer people.

    Who goes where is `score.chosen`; each stage has its certificate and shadow prices.
    """

    people: Allocation
    score: Allocation


def in_stages(
    instance: Instance,
    *,
    seconds: float = 60.0,
    seed: int = 1,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> Stages:
    """Both stages within so many seconds; the second has what the first leaves over.

    `progress` is told what is tried, the best value so far and the bound, of people first, then of
    points. `is_cancelled` is asked again and again; raises Cancelled soon after it says yes.
    """
    people = solve(
        instance,
        Objective.PEOPLE,
        seconds=seconds / 2,
        seed=seed,
        progress=progress,
        is_cancelled=is_cancelled,
    )
    score = solve(
        instance,
        Objective.SCORE,
        seconds=max(0.5, seconds - people.certificate.seconds),
        seed=seed,
        keeping=people,
        progress=progress,
        is_cancelled=is_cancelled,
    )
    return Stages(people, score)
