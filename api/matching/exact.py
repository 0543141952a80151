"""HiGHS: the linear relaxation with its prices, and proven optima, in a process that can be ended.

HiGHS looks at its time limit only now and then, so whoever waits for it ends it.
"""

import contextlib
import ctypes
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import highspy
import numpy as np

from api.matching.greedy import NOWHERE, Assignment
from api.matching.instance import Floats, Instance, Whole

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
    """The linear relaxation: its value, and what one more family, or place, would add."""

    value: float
    families: Floats
    places: Floats


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    # The library greets on the process's standard output before it takes any option, and C keeps
    # the words in its own buffer; what is printed there is ours alone.
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    sys.stdout.flush()
    os.dup2(nowhere, 1)
    try:
        yield
        ctypes.CDLL(None).fflush(None)
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _model(instance: Instance, values: Floats, pairs: Whole) -> highspy.HighsLp:
    count, rows = len(pairs), len(instance.families) + len(instance.hosts)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, rows
    model.col_cost_ = values[pairs]
    model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
    model.row_lower_ = np.full(rows, -highspy.kHighsInf)
    ones = np.ones(len(instance.families))
    model.row_upper_ = np.concatenate([ones, instance.places.astype(np.float64)])
    index = np.empty(2 * count, dtype=np.int32)
    index[0::2] = instance.pair_family[pairs]
    index[1::2] = len(instance.families) + instance.pair_host[pairs]
    amounts = np.ones(2 * count)
    amounts[1::2] = instance.sizes[instance.pair_family[pairs]]
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.arange(0, 2 * count + 1, 2, dtype=np.int32)
    model.a_matrix_.index_ = index
    model.a_matrix_.value_ = amounts
    model.sense_ = highspy.ObjSense.kMaximize
    return model


def prices(instance: Instance, values: Floats) -> Prices:
    """The linear relaxation's value and duals."""
    pairs = np.flatnonzero(instance.fits & (values > 0))
    families, hosts = len(instance.families), len(instance.hosts)
    if len(pairs) == 0:
        return Prices(0.0, np.zeros(families), np.zeros(hosts))
    solver = _solver()
    solver.passModel(_model(instance, values, pairs))
    solver.run()
    duals = np.abs(np.array(solver.getSolution().row_dual))
    value = float(solver.getInfo().objective_function_value)
    return Prices(value, duals[:families], duals[families:])


def _solver() -> highspy.Highs:
    with _silence():
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("threads", 1)
    return solver


def proven(instance: Instance, values: Floats, start: Assignment, until: float) -> Iterator[Found]:
    """Better and better assignments and bounds, until one is proven or the moment has come.

    The moment is of the monotonic clock; the process that works is ended with the iterator.
    """
    pairs = np.flatnonzero(instance.fits & (values > 0))
    if len(pairs) == 0:
        yield Found(None, 0.0, is_proven=True)
        return
    if len(pairs) <= TINY:
        told: list[Found] = []
        _work(told.append, instance, values, pairs, start.chosen, until - time.monotonic())
        yield from told
        return
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe(duplex=False)
    worker = spawning.Process(
        target=_send,
        args=(there, instance, values, pairs, start.chosen, until - time.monotonic()),
        daemon=True,
    )
    worker.start()
    there.close()
    try:
        while time.monotonic() < until:
            try:
                if not here.poll(min(0.5, max(0.0, until - time.monotonic()))):
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
    seconds: float,
) -> None:
    solver = _solver()
    solver.setOptionValue("time_limit", max(0.1, seconds))
    solver.setOptionValue("mip_rel_gap", 0.0)
    # Sums of whole numbers that are less than one apart are the same.
    is_whole = bool((values[pairs] == np.rint(values[pairs])).all())
    solver.setOptionValue("mip_abs_gap", 0.99 if is_whole else 1e-6)
    model = _model(instance, values, pairs)
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
    info = solver.getInfo()
    columns = np.array(solver.getSolution().col_value)
    is_proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    tell(Found(_chosen(instance, pairs, columns), float(info.mip_dual_bound), is_proven))


def _chosen(instance: Instance, pairs: Whole, columns: Floats) -> Whole | None:
    if len(columns) != len(pairs):
        return None
    taken = pairs[columns > HALF]
    chosen = np.full(len(instance.families), NOWHERE, dtype=np.int64)
    chosen[instance.pair_family[taken]] = taken
    return chosen
