"""HiGHS: the linear relaxation with its prices, and proven optima, in a process that can be ended.

HiGHS looks at its time limit only now and then, so whoever waits for it ends it.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import highspy
import numpy as np

from api.matching.deadline import Deadline
from api.matching.greedy import NOWHERE, Assignment
from api.matching.instance import Flags, Floats, Instance, Whole
from api.solver import silent_solver

HALF = 0.5
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
    what it costs that one more person must be placed.
    """

    bound: float
    families: Floats
    places: Floats
    people: float = 0.0


def _model(instance: Instance, values: Floats, pairs: Whole, least: int | None) -> highspy.HighsLp:
    """Families once, hosts within their places; with `least`, no fewer people than that."""
    families, hosts, count = len(instance.families), len(instance.hosts), len(pairs)
    sizes = instance.sizes[instance.pair_family[pairs]].astype(np.float64)
    lines = [instance.pair_family[pairs], families + instance.pair_host[pairs]]
    amounts = [np.ones(count), sizes]
    lower = np.full(families + hosts, -highspy.kHighsInf)
    upper = np.concatenate([np.ones(families), instance.places.astype(np.float64)])
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
    instance: Instance, values: Floats, least: int | None = None, among: Flags | None = None
) -> Prices:
    """The linear relaxation over these pairs (those that fit, without any), in whole or in part.

    Any prices of places give a bound, however exact the solver was: each family then takes what is
    best for it, and what it gains is its own price.
    """
    pairs = _usable(instance.fits if among is None else among, values, least)
    families, hosts = len(instance.families), len(instance.hosts)
    if len(pairs) == 0:
        return Prices(0.0, np.zeros(families), np.zeros(hosts))
    solver = silent_solver()
    solver.passModel(_model(instance, values, pairs, least))
    solver.run()
    duals = np.abs(np.array(solver.getSolution().row_dual))
    if len(duals) == 0:
        duals = np.zeros(families + hosts + 1)
    of_places = duals[families : families + hosts]
    people = 0.0 if least is None else float(duals[-1])
    sizes = instance.sizes[instance.pair_family[pairs]]
    gains = values[pairs] + (people - of_places[instance.pair_host[pairs]]) * sizes
    of_families = np.zeros(families)
    np.maximum.at(of_families, instance.pair_family[pairs], gains)
    bound = float(of_families.sum() + of_places @ instance.places - people * (least or 0))
    return Prices(bound, of_families, of_places, people)


def proven(
    instance: Instance,
    values: Floats,
    start: Assignment,
    until: Deadline,
    least: int | None = None,
) -> Iterator[Found]:
    """Better and better assignments and bounds, until one is proven or time is up.

    The process that works is ended with the iterator.
    """
    pairs = _usable(instance.fits, values, least)
    if len(pairs) == 0:
        yield Found(None, 0.0, is_proven=True)
        return
    if len(pairs) <= TINY:
        told: list[Found] = []
        _work(told.append, instance, values, pairs, start.chosen, least, until.left)
        yield from told
        return
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe(duplex=False)
    worker = spawning.Process(
        target=_send,
        args=(there, instance, values, pairs, start.chosen, least, until.left),
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
    seconds: float,
) -> None:
    solver = silent_solver()
    solver.setOptionValue("time_limit", max(0.1, seconds))
    solver.setOptionValue("mip_rel_gap", 0.0)
    # Sums of whole numbers that are less than one apart are the same.
    is_whole = bool((values[pairs] == np.rint(values[pairs])).all())
    gap = 0.99 if is_whole else 1e-6
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
