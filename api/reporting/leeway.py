"""How far a number may move while every sum still holds: linear programs on HiGHS.

A movement adds to some numbers and takes from others so that no sum changes its truth and nobody
who knows why each number is hidden could tell the outcome from the truth. The numbers that a
movement needs are those that must be hidden for it to be possible.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray

from api.reporting.squares import Squares
from api.reporting.sums import NO_END, Sums
from api.solver import silent_solver

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

NOTHING = 1e-6
"""A movement below this is the solver's rounding; real ones are 1 and more, or simple fractions."""
HIDDEN_PRICE = 1e-3
"""Moving what is hidden already costs next to nothing, so that movements are no longer than they
need be."""
REWARD = 1e5
"""For coming one further; more than any movement costs."""
FEW = 500
"""Up to so many numbers the solver is as fast as with fewer."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What moves when a number moves `reached`, where it was asked to move `by`.

    `still` are the councils of whoever looks, whose own numbers they know; `knows` whether they
    know of other numbers why they are hidden.
    """

    number: int
    by: int
    still: Collection[str]
    reached: float
    moved: Sequence[int]
    knows: bool = True

    @property
    def is_enough(self) -> bool:
        """Whether it came as far as was asked."""
        return abs(self.reached - self.by) <= NOTHING


class Leeway:
    """Movements among `members`, positions of numbers; all others stay as they are.

    `prices` are what it costs to move each number by one, for all numbers; they may fall.
    """

    def __init__(self, sums: Sums, members: Sequence[int], prices: Floats) -> None:
        self._members = np.array(members, dtype=np.int64)
        self._column = {number: i for i, number in enumerate(members)}
        numbers = [sums.numbers[each] for each in members]
        self._room = np.array(
            [each.known.most - each.value for each in numbers]
            + [each.value - each.known.least for each in numbers],
            dtype=np.float64,
        )
        self._room[self._room > NO_END / 2] = highspy.kHighsInf
        self._of_council: dict[str, list[int]] = {}
        for i, number in enumerate(numbers):
            if number.council is not None:
                self._of_council.setdefault(number.council, []).extend((i, i + len(numbers)))
        self._prices = prices
        self._solver = silent_solver()
        self._solver.passModel(self._model(sums))

    def _model(self, sums: Sums) -> highspy.HighsLp:
        count = len(self._members)
        entries: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        rows = 0
        for each in sums.sums:
            bound = [(self._column[i], 1) for i in each.parts if i in self._column]
            if each.total in self._column:
                bound.append((self._column[each.total], -1))
            for column, sign in bound:
                entries[column].append((rows, sign))
            rows += bool(bound)
        lengths = [len(each) for each in entries]
        flat = [entry for each in entries for entry in each]
        index = np.array([row for row, _ in flat], dtype=np.int32)
        signs = np.array([sign for _, sign in flat], dtype=np.float64)
        model = highspy.HighsLp()
        # Each number has a column for moving up and one for moving down, so that both cost.
        model.num_col_, model.num_row_ = 2 * count, rows
        model.col_cost_ = np.tile(self._prices[self._members], 2)
        model.col_lower_, model.col_upper_ = np.zeros(2 * count), self._room
        model.row_lower_ = model.row_upper_ = np.zeros(rows)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = np.cumsum([0, *lengths, *lengths], dtype=np.int32)
        model.a_matrix_.index_ = np.tile(index, 2)
        model.a_matrix_.value_ = np.concatenate([signs, -signs])
        return model

    def free(self, number: int) -> None:
        """Let moving a number, if it is a member, cost next to nothing from now on."""
        if (column := self._column.get(number)) is not None:
            self._solver.changeColCost(column, HIDDEN_PRICE)
            self._solver.changeColCost(column + len(self._members), HIDDEN_PRICE)

    def furthest(self, number: int, by: int, still: Collection[str] = ()) -> Movement:
        """The cheapest movement of a number by so much, or by the most that can be towards that.

        `still`: councils whose own numbers stay as they are, since whoever looks knows them.
        """
        column, count = self._column[number], len(self._members)
        held = np.array(
            sorted(i for council in still for i in self._of_council.get(council, ())),
            dtype=np.int32,
        )
        own = np.array([column, column + count], dtype=np.int32)
        amount = np.array([max(by, 0), max(-by, 0)], dtype=np.float64)
        none = np.zeros(len(held))
        self._solver.changeColsBounds(len(held), held, none, none)
        self._solver.changeColsBounds(2, own, np.zeros(2), amount)
        price = self._prices[number]
        self._solver.changeColsCost(2, own, np.full(2, -REWARD))
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            # Standing still is always possible, so this is a fault, not an answer.
            raise RuntimeError(f"HiGHS says {self._solver.getModelStatus()} of number {number}.")
        columns = np.array(self._solver.getSolution().col_value)
        self._solver.changeColsBounds(len(held), held, none, self._room[held])
        self._solver.changeColsBounds(2, own, np.zeros(2), self._room[own])
        self._solver.changeColsCost(2, own, np.full(2, price))
        moves = columns[:count] - columns[count:]
        moved = self._members[np.abs(moves) > NOTHING].tolist()
        return Movement(number, by, still, float(moves[column]), moved)


class Ground:
    """The leeway of each neighbourhood, asked first since it is small, and of all that is bound.

    A neighbourhood is what the sums bind of councils' own numbers: in a table of councils within
    regions, a region's councils. A movement within it leaves all subtotals as they are. `alone` is
    the same by the numbers alone, to one who knows of none why it is hidden.
    """

    def __init__(
        self,
        sums: Sums,
        members: Sequence[int],
        prices: Floats,
        insiders: Iterable[frozenset[str]] = (),
        *,
        knows: bool = True,
    ) -> None:
        self._sums, self._prices, self._knows = sums, prices, knows
        self._squares = Squares(sums, [i for i in members if prices[i] == HIDDEN_PRICE])
        self._far = _bound_together(sums, members)
        own = [i for i in members if sums.numbers[i].council is not None]
        self._near = _bound_together(sums, own if len(members) > FEW else ())
        self._leeways: dict[int, Leeway] = {}
        self._insiders: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        for viewer in insiders:
            for council in viewer:
                self._insiders[council].append(viewer)
        self.alone = self
        if knows:
            self.alone = Ground(sums.unknown(), members, prices, insiders, knows=False)

    def movements(self, number: int) -> Iterator[Movement]:
        """Down and up, for anybody and then for insiders, each as far as needed or as can be.

        Where somebody who knows leaves too little room, the next is the same by the numbers alone.
        """
        each = self._sums.numbers[number]
        assert each.needed is not None
        for by in (each.needed.least - each.value, each.needed.most - each.value):
            if by:
                first = self.furthest(number, by)
                yield first
                ground = self
                if not first.is_enough:
                    ground = self.alone
                    first = ground.furthest(number, by)
                    yield first
                if each.council is not None:
                    yield from ground._for_insiders(first, each.council)

    def _for_insiders(self, first: Movement, own: str) -> Iterator[Movement]:
        # A council that knows none of the numbers that move cannot rule the movement out.
        numbers = self._sums.numbers
        touched = {council for i in first.moved if (council := numbers[i].council)}
        viewers = {
            viewer for council in touched for viewer in self._insiders[council] if own not in viewer
        }
        if len(viewers) > 1:
            every = self.furthest(first.number, first.by, frozenset().union(*viewers))
            if every.is_enough and all(self._prices[i] == HIDDEN_PRICE for i in every.moved):
                yield every
                return
        for viewer in sorted(viewers, key=sorted):
            movement = self.furthest(first.number, first.by, viewer)
            yield movement
            if self._knows and not movement.is_enough:
                yield self.alone.furthest(first.number, first.by, viewer)

    def furthest(self, number: int, by: int, still: Collection[str] = ()) -> Movement:
        """A movement of what is hidden already, or else the cheapest, as far as can be."""
        if (moved := self._squares.movement(number, by, still)) is not None:
            return Movement(number, by, still, by, moved, self._knows)
        if number in self._near:
            near = self._leeway(self._near[number]).furthest(number, by, still)
            if near.is_enough:
                return replace(near, knows=self._knows)
        far = self._leeway(self._far[number]).furthest(number, by, still)
        return replace(far, knows=self._knows)

    def _leeway(self, members: Sequence[int]) -> Leeway:
        if id(members) not in self._leeways:
            self._leeways[id(members)] = Leeway(self._sums, members, self._prices)
        return self._leeways[id(members)]

    def hide(self, numbers: Collection[int]) -> None:
        """Let these move for next to nothing from now on."""
        self._squares.hide(numbers)
        for number in numbers:
            self._prices[number] = HIDDEN_PRICE
            for leeway in self._leeways.values():
                leeway.free(number)
        if self._knows:
            self.alone.hide(numbers)


def _bound_together(sums: Sums, members: Iterable[int]) -> dict[int, list[int]]:
    """For each member those that sums of members bind it to, however far; one list for all."""
    nearest = {i: i for i in members}

    def root(i: int) -> int:
        while nearest[i] != i:
            nearest[i] = nearest[nearest[i]]
            i = nearest[i]
        return i

    for each in sums.sums:
        bound = [i for i in (each.total, *each.parts) if i in nearest]
        for i in bound[1:]:
            nearest[root(i)] = root(bound[0])
    together: defaultdict[int, list[int]] = defaultdict(list)
    for i in nearest:
        together[root(i)].append(i)
    return {i: each for each in together.values() for i in each}
