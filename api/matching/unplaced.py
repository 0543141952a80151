"""Why a family has no host after an allocation: each reason a rule's name and one sentence."""

import numpy as np

from api.matching.allocation import Allocation
from api.matching.greedy import NOWHERE
from api.matching.instance import Instance
from api.matching.scores import Reason


def unplaced(instance: Instance, found: Allocation, noun: str = "host") -> dict[int, list[Reason]]:
    """By number, each family without a host, and its reasons; `noun` is what has places."""
    families = len(instance.families)
    sizes = instance.sizes[instance.pair_family]
    known = np.bincount(instance.pair_family, minlength=families)
    fitting = np.bincount(instance.pair_family[instance.fits], minlength=families)
    has_room = instance.fits & (sizes <= found.left[instance.pair_host])
    open_still = np.bincount(instance.pair_family[has_room], minlength=families)
    return {
        family: [
            Reason(rule, message, 0.0)
            for rule, message in _reasons(
                int(instance.sizes[family]),
                int(known[family]),
                int(fitting[family]),
                int(open_still[family]),
                noun,
            )
        ]
        for family in np.flatnonzero(found.chosen == NOWHERE).tolist()
    }


def _reasons(
    size: int, known: int, fitting: int, open_still: int, noun: str
) -> list[tuple[str, str]]:
    if known == 0:
        return [("suits", f"No {noun} suits this family.")]
    if fitting == 0:
        return [("places", f"No {noun} that suits has places for all {size} people.")]
    if open_still:
        return [("total", f"A {noun} has places, but this family there would lower the total.")]
    found = [("full", f"Every {noun} that suits is full for a family of {size}.")]
    if known > fitting:
        too_small = f"{known - fitting} of {known} that suit are too small for {size} people."
        found.append(("places", too_small))
    return found
