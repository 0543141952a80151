"""Why a family has no host after an allocation: each reason a rule's name and one sentence."""

import numpy as np

from api.matching.allocation import Allocation
from api.matching.greedy import NOWHERE, Assignment
from api.matching.instance import Instance
from api.matching.scores import Reason
from api.matching.wording import counted, people


def unplaced(
    instance: Instance, found: Allocation | Assignment, noun: str = "host"
) -> dict[int, list[Reason]]:
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
    article = "An" if noun[0] in "aeiou" else "A"
    if known == 0:
        return [("suits", f"No {noun} suits this family.")]
    if fitting == 0:
        return [("places", f"No {noun} that suits has places for {people(size)}.")]
    if open_still:
        return [
            ("total", f"{article} {noun} has places, but this family there would lower the total.")
        ]
    found = [("full", f"Every {noun} that suits is too full for {people(size)}.")]
    if known > fitting:
        small = known - fitting
        is_small = f"{small} {'is' if small == 1 else 'are'} too small for {people(size)}"
        too_small = f"Of {counted(known, noun)} that suit, {is_small}."
        found.append(("places", too_small))
    return found
