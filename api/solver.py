"""HiGHS, the open solver, as everybody here begins it: on one thread, and without a word."""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator

import highspy


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


def solver_version() -> str:
    """Which HiGHS it is: another may find another of solutions that are equally good."""
    return f"HiGHS {silent_solver().version()}"


def silent_solver() -> highspy.Highs:
    """A solver to pass a model to."""
    with _silence():
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("threads", 1)
    return solver
