"""Places that no mix of whole families can fill are taken away before a problem is solved.

Five places for families of two and four are four. Whoever fits still fits, and every bound that
goes by places becomes the smaller.
"""

from dataclasses import replace

import numpy as np

from api.matching.instance import Instance

MOST_BITS = 400_000_000
"""Up to so many sums are looked at; beyond, places stay as they are."""


def tightened(instance: Instance) -> Instance:
    """The same problem with each host's places the most that its families can fill."""
    pairs = np.flatnonzero(instance.fits)
    pairs = pairs[np.argsort(instance.pair_host[pairs], kind="stable")]
    hosts, starts, counts = np.unique(
        instance.pair_host[pairs], return_index=True, return_counts=True
    )
    places = np.zeros_like(instance.places)
    sizes = instance.sizes[instance.pair_family[pairs]]
    all_people = np.add.reduceat(sizes, starts) if len(starts) else starts
    places[hosts] = np.minimum(instance.places[hosts], all_people)
    bits = MOST_BITS
    for host, start, count in zip(hosts.tolist(), starts.tolist(), counts.tolist(), strict=True):
        most = int(places[host])
        bits -= most * count
        if bits < 0:
            break
        places[host] = _most_filled(sizes[start : start + count].tolist(), most)
    return replace(instance, places=places)


def _most_filled(sizes: list[int], most: int) -> int:
    """The largest sum of some of these sizes that is at most so much."""
    sums, kept, full = 1, (1 << most + 1) - 1, 1 << most
    for size in sizes:
        sums |= sums << size & kept
        if sums & full:
            return most
    return sums.bit_length() - 1
