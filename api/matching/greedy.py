"""Assignments that are found fast: pairs in an order, then families moved to make room."""

from dataclasses import dataclass

import numpy as np

from api.matching.deadline import Deadline
from api.matching.instance import Floats, Instance, Whole

NOWHERE = -1


@dataclass
class Assignment:
    """For each family the pair that it is placed by, or NOWHERE; `left` are each host's places."""

    chosen: Whole
    left: Whole

    def value(self, values: Floats) -> float:
        """What it adds up to."""
        return float(values[self.chosen[self.chosen != NOWHERE]].sum())

    def people(self, instance: Instance) -> int:
        """How many people it places."""
        return int(instance.sizes[self.chosen != NOWHERE].sum())


def empty(instance: Instance) -> Assignment:
    """Nobody placed."""
    chosen = np.full(len(instance.families), NOWHERE, dtype=np.int64)
    return Assignment(chosen, instance.places.copy())


def in_order(instance: Instance, order: Whole) -> Assignment:
    """Takes pairs in an order wherever the family is free and its host has places for all of it."""
    found = empty(instance)
    families, hosts = instance.pair_family.tolist(), instance.pair_host.tolist()
    sizes, chosen, left = instance.sizes.tolist(), found.chosen.tolist(), found.left.tolist()
    for pair in order.tolist():
        family, host = families[pair], hosts[pair]
        if chosen[family] == NOWHERE and sizes[family] <= left[host]:
            chosen[family] = pair
            left[host] -= sizes[family]
    return Assignment(np.array(chosen, dtype=np.int64), np.array(left, dtype=np.int64))


def one_by_one(instance: Instance, values: Floats) -> Assignment:
    """What an officer does: each family in turn to the host that is best for it."""
    order = np.lexsort((-values, instance.pair_family))
    return in_order(instance, order[values[order] >= 0])


def densest(instance: Instance, values: Floats) -> Assignment:
    """Pairs that add most for each person first; at the same, larger families first."""
    sizes = instance.sizes[instance.pair_family]
    order = np.lexsort((-sizes, -values / sizes))
    return in_order(instance, order[values[order] >= 0])


def completed(instance: Instance, chosen: Whole, values: Floats) -> Assignment:
    """An assignment with whoever still finds room placed too, where that takes nothing away."""
    families = np.flatnonzero(chosen != NOWHERE)
    hosts = instance.pair_host[chosen[families]]
    used = np.bincount(hosts, instance.sizes[families], len(instance.hosts))
    found = Assignment(chosen.copy(), instance.places - used.astype(np.int64))
    is_waiting = chosen[instance.pair_family] == NOWHERE
    pairs = np.flatnonzero(is_waiting & instance.fits & (values >= 0))
    for pair in pairs[np.argsort(-values[pairs], kind="stable")].tolist():
        family, host = instance.pair_family[pair], instance.pair_host[pair]
        if found.chosen[family] == NOWHERE and instance.sizes[family] <= found.left[host]:
            found.chosen[family] = pair
            found.left[host] -= instance.sizes[family]
    return found


class Search:
    """Improves an assignment by moves, each of which adds to its value.

    A family without a host takes the place of one that moves elsewhere, or of one that adds less;
    a placed family moves where it adds more.
    """

    def __init__(self, instance: Instance, values: Floats) -> None:
        self.sizes: list[int] = instance.sizes.tolist()
        self.values: list[float] = values.tolist()
        self.host: list[int] = instance.pair_host.tolist()
        self.of_family: list[list[int]] = [[] for _ in instance.families]
        for pair in np.flatnonzero(instance.fits & (values >= 0)).tolist():
            self.of_family[int(instance.pair_family[pair])].append(pair)
        for pairs in self.of_family:
            pairs.sort(key=lambda pair: -self.values[pair])

    def improved(self, start: Assignment, until: Deadline) -> Assignment:
        """A local optimum, or how far it got in time."""
        chosen: list[int] = start.chosen.tolist()
        left: list[int] = start.left.tolist()
        guests: list[set[int]] = [set() for _ in left]
        for family, pair in enumerate(chosen):
            if pair != NOWHERE:
                guests[self.host[pair]].add(family)
        waiting = list(range(len(chosen)))
        while waiting and not until.has_come():
            again: list[int] = []
            for number, family in enumerate(waiting):
                again += self._settle(family, chosen, left, guests)
                if number % 64 == 0 and until.has_come():
                    break
            waiting = again
        return Assignment(np.array(chosen, dtype=np.int64), np.array(left, dtype=np.int64))

    def _settle(
        self, family: int, chosen: list[int], left: list[int], guests: list[set[int]]
    ) -> list[int]:
        size, pair = self.sizes[family], chosen[family]
        now = 0.0 if pair == NOWHERE else self.values[pair]
        for better in self.of_family[family]:
            gain = self.values[better] - now
            if gain <= 1e-9:
                return []
            host = self.host[better]
            if pair != NOWHERE and self.host[pair] == host:
                continue
            if left[host] >= size:
                self._put(family, better, chosen, left, guests)
                return [family]
            for guest in guests[host]:
                if left[host] + self.sizes[guest] < size:
                    continue
                lost = self.values[chosen[guest]]
                other = self._elsewhere(guest, host, lost - gain, left)
                if other != NOWHERE:
                    self._put(guest, other, chosen, left, guests)
                elif gain - lost > 1e-9:
                    self._put(guest, NOWHERE, chosen, left, guests)
                else:
                    continue
                self._put(family, better, chosen, left, guests)
                return [family, guest]
        return []

    def _elsewhere(self, guest: int, host: int, least: float, left: list[int]) -> int:
        size = self.sizes[guest]
        for pair in self.of_family[guest]:
            if self.values[pair] <= least + 1e-9:
                return NOWHERE
            if self.host[pair] != host and left[self.host[pair]] >= size:
                return pair
        return NOWHERE

    def _put(
        self, family: int, pair: int, chosen: list[int], left: list[int], guests: list[set[int]]
    ) -> None:
        before = chosen[family]
        if before != NOWHERE:
            left[self.host[before]] += self.sizes[family]
            guests[self.host[before]].discard(family)
        chosen[family] = pair
        if pair != NOWHERE:
            left[self.host[pair]] -= self.sizes[family]
            guests[self.host[pair]].add(family)
