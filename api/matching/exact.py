"""HiGHS: the linear relaxation with its prices, and proven optima, in a process that can be ended.

HiGHS looks at its time limit only now and then, so whoever waits for it ends it.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

import highspy
import numpy as np

from api.matching.deadline import Deadline
from api.matching.greedy import NOWHERE, Assignment
from api.matching.instance import Flags, Floats, Instance, Whole
from api.solver import silent_solver

HALF = 0.5
AT_ONCE, FIRST = 400_000, 30
"""The linear relaxation of more pairs begins with so many of each family."""
TINY = 500
"""Up to so many pairs HiGHS is done before another process would have begun."""


@dataclass(frozen=True)
class Found:
    """An assignment by pair for each family, if there is one, and a bound on all."""

    chosen: Whole | None
    bound: float
    is_proven: bool = False


@dataclass(frozen=True)
class Prices:
    """The linear relaxation's duals, and the bound that follows from them.

    `families` and `places` say what one more family, or place with each host, would add; `people`
    what it costs that one more person must be placed. `taken` says of each pair how much the
    relaxation takes it, from 0 to 1.
    """

    bound: float
    families: Floats
    places: Floats
    taken: Floats
    people: float = 0.0

    def gains(self, instance: Instance, values: Floats) -> Floats:
        """What each pair adds beyond what its places are worth."""
        sizes = instance.sizes[instance.pair_family]
        return values + (self.people - self.places[instance.pair_host]) * sizes


def _model(
    instance: Instance, values: Floats, pairs: Whole, least: int | None, more: float = 0.0
) -> highspy.HighsLp:
    """Families once, hosts within their places; with `least`, no fewer people than that.

    Each host has so many `more` places.
    """
    families, hosts, count = len(instance.families), len(instance.hosts), len(pairs)
    sizes = instance.sizes[instance.pair_family[pairs]].astype(np.float64)
    lines = [instance.pair_family[pairs], families + instance.pair_host[pairs]]
    amounts = [np.ones(count), sizes]
    lower = np.full(families + hosts, -highspy.kHighsInf)
    upper = np.concatenate([np.ones(families), instance.places.astype(np.float64) + more])
    if least is not None:
        lines.append(np.full(count, families + hosts))
        amounts.append(sizes)
        lower, upper = np.append(lower, least), np.append(upper, highspy.kHighsInf)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, len(upper)
    model.col_cost_ = values[pairs]
    model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
    model.row_lower_, model.row_upper_ = lower, upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.arange(0, len(lines) * (count + 1), len(lines), dtype=np.int32)
    model.a_matrix_.index_ = np.column_stack(lines).ravel().astype(np.int32)
    model.a_matrix_.value_ = np.column_stack(amounts).ravel()
    model.sense_ = highspy.ObjSense.kMaximize
    return model


def _usable(among: Flags, values: Floats, least: int | None) -> Whole:
    # Where so many must be placed, a pair that adds nothing else still places somebody.
    return np.flatnonzero(among if least is not None else among & (values > 0))


def prices(
    instance: Instance,
    values: Floats,
    until: Deadline,
    least: int | None = None,
    among: Flags | None = None,
    more: float = 0.0,
) -> Prices:
    """The linear relaxation over these pairs (those that fit, without any).

    Of very many pairs it begins with some, and takes in others as long as they gain. Any prices of
    places give a bound, however exact the solver was: each family then takes what is best for it,
    and what it gains is its own price. Where several prices are true, `more` places at each host, a
    tiny part of one, make them those of one place more rather than of one less.
    """
    is_usable = np.zeros(len(values), dtype=np.bool_)
    is_usable[_usable(instance.fits if among is None else among, values, least)] = True
    best = _priced(instance, values, is_usable, np.zeros(len(instance.hosts)), 0.0, least)
    pairs = np.flatnonzero(is_usable)
    if len(pairs) > AT_ONCE:
        # Where many are equal, each family begins with hosts of its own.
        chance = np.random.default_rng(0).random(len(values))
        each = values / instance.sizes[instance.pair_family] + chance * 1e-9
        inside = is_usable & best_of_each(instance, np.where(is_usable, each, -np.inf), FIRST)
        pairs = np.flatnonzero(inside)
    while len(pairs) and not until.has_come():
        duals, columns = _relaxation(_model(instance, values, pairs, least, more), until)
        families, hosts = len(instance.families), len(instance.hosts)
        people = 0.0 if least is None else float(duals[-1])
        found = _priced(
            instance, values, is_usable, duals[families : families + hosts], people, least
        )
        found.taken[pairs] = columns
        is_better = found.bound < best.bound
        best = found if is_better or len(pairs) == is_usable.sum() else best
        outside = is_usable.copy()
        outside[pairs] = False
        gains = found.gains(instance, values)
        outside &= gains > duals[:families][instance.pair_family] + 1e-6
        if not outside.any():
            return found
        missed = outside & best_of_each(instance, np.where(outside, gains, -np.inf), FIRST)
        pairs = np.union1d(pairs, np.flatnonzero(missed))
    return best


def best_of_each(instance: Instance, amounts: Floats, count: int) -> Flags:
    """The pairs of each family with the largest amounts, so many of each."""
    order = np.lexsort((-amounts, instance.pair_family))
    families = instance.pair_family[order]
    begins = np.searchsorted(families, families)
    found = np.zeros(len(amounts), dtype=np.bool_)
    found[order[np.arange(len(order)) - begins < count]] = True
    return found


def _priced(
    instance: Instance,
    values: Floats,
    is_usable: Flags,
    places: Floats,
    people: float,
    least: int | None,
) -> Prices:
    """The bound that follows from these prices of places and of people."""
    families = np.zeros(len(instance.families))
    found = Prices(0.0, families, places, np.zeros(len(values)), people)
    gains = found.gains(instance, values)
    np.maximum.at(families, instance.pair_family[is_usable], gains[is_usable])
    bound = float(families.sum() + places @ instance.places - people * (least or 0))
    return replace(found, bound=bound)


def _relaxation(model: highspy.HighsLp, until: Deadline) -> tuple[Floats, Floats]:
    """The duals of families, hosts and people, and how much each pair is taken."""
    solver = silent_solver()
    solver.setOptionValue("time_limit", max(1.0, until.left))
    solver.passModel(model)
    solver.run()
    found = solver.getSolution()
    duals = np.abs(np.array(found.row_dual))
    if len(duals) == 0:
        return np.zeros(model.num_row_), np.zeros(model.num_col_)
    return duals, np.array(found.col_value)


def proven(
    instance: Instance,
    values: Floats,
    start: Assignment,
    until: Deadline,
    least: int | None = None,
    gap: float = 1e-6,
) -> Iterator[Found]:
    """Better and better assignments and bounds, until one is proven or time is up.

    What adds no more than `gap` is not looked for. The process that works is ended with the
    iterator.
    """
    pairs = _usable(instance.fits, values, least)
    if len(pairs) == 0:
        yield Found(None, 0.0, is_proven=True)
        return
    if len(pairs) <= TINY:
        told: list[Found] = []
        _work(told.append, instance, values, pairs, start.chosen, least, gap, until.left)
        yield from told
        return
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe(duplex=False)
    worker = spawning.Process(
        target=_send,
        args=(there, instance, values, pairs, start.chosen, least, gap, until.left),
        daemon=True,
    )
    worker.start()
    there.close()
    try:
        while not until.has_come():
            try:
                if not here.poll(min(0.5, until.left)):
                    continue
                found: Found = here.recv()
            except EOFError:
                return
            yield found
            if found.is_proven:
                return
    finally:
        worker.kill()
        worker.join()
        here.close()


def _send(there: Connection, *problem: Any) -> None:
    _work(there.send, *problem)
    there.close()


def _work(
    tell: Callable[[Found], None],
    instance: Instance,
    values: Floats,
    pairs: Whole,
    start: Whole,
    least: int | None,
    gap: float,
    seconds: float,
) -> None:
    solver = silent_solver()
    solver.setOptionValue("time_limit", max(0.1, seconds))
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", gap)
    model = _model(instance, values, pairs, least)
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(pairs)
    solver.passModel(model)
    solution = highspy.HighsSolution()
    solution.col_value = np.isin(pairs, start[start != NOWHERE]).astype(np.float64)
    solver.setSolution(solution)

    def improved(event: highspy.HighsCallbackEvent) -> None:
        columns = np.array(event.data_out.mip_solution)
        tell(Found(_chosen(instance, pairs, columns), event.data_out.mip_dual_bound))

    solver.cbMipImprovingSolution.subscribe(improved)
    solver.run()
    columns, value = _columns(solver)
    if len(columns) and value > float(values[pairs] @ columns) + HALF * gap:
        # Presolve may turn the start into a better one, which HiGHS 1.16 then forgets to give.
        solver.clearSolver()
        solver.run()
        columns, value = _columns(solver)
    is_proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    bound = float(solver.getInfo().mip_dual_bound)
    tell(Found(_chosen(instance, pairs, columns), bound, is_proven))


def _columns(solver: highspy.Highs) -> tuple[Floats, float]:
    """The pairs that are taken, and what HiGHS believes they add up to."""
    return np.array(solver.getSolution().col_value), solver.getInfo().objective_function_value


def _chosen(instance: Instance, pairs: Whole, columns: Floats) -> Whole | None:
    if len(columns) != len(pairs):
        return None
    taken = pairs[columns > HALF]
    chosen = np.full(len(instance.families), NOWHERE, dtype=np.int64)
    chosen[instance.pair_family[taken]] = taken
    return chosen
