"""Movements that need no solver: what one cell gains, others of its row and of its column lose.

Where the four corners of a square are hidden, a corner may gain what its two neighbours lose and
the one across from it gains. A few such squares in turn make most movements of a table of counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from api.reporting.sums import Sums


class Squares:
    """The squares of all numbers that are parts of just two sums, their column's and their row's.

    `hidden` are the positions of the numbers that may move.
    """

    def __init__(self, sums: Sums, hidden: Iterable[int]) -> None:
        self._numbers = sums.numbers
        lines: defaultdict[int, list[int]] = defaultdict(list)
        for line, each in enumerate(sums.sums):
            for part in each.parts:
                lines[part].append(line)
        for each in sums.sums:
            lines.pop(each.total, None)
        self._lines = {i: (each[0], each[1]) for i, each in lines.items() if len(each) == 2}
        self._at: dict[tuple[int, int], int] = {}
        self._hidden: defaultdict[int, list[int]] = defaultdict(list)
        self.hide(hidden)

    def hide(self, numbers: Iterable[int]) -> None:
        """Let these move as well from now on."""
        for number in numbers:
            if (lines := self._lines.get(number)) is not None:
                self._at[lines] = number
                for line in lines:
                    self._hidden[line].append(number)

    def movement(self, number: int, by: int, still: Collection[str] = ()) -> list[int] | None:
        """What moves when a number moves by so much along squares, if they are enough.

        `still`: councils whose own numbers stay as they are.
        """
        if number not in self._lines:
            return None
        column, row = self._lines[number]
        beside = [each for each in self._hidden[row] if each != number]
        room: dict[int, int] = {}
        moved = {number}
        left = abs(by)
        for across in self._most_first(self._hidden[column], -by, room):
            if across == number or self._numbers[across].council in still:
                continue
            for neighbour in beside:
                corner = self._at.get((self._lines[neighbour][0], self._lines[across][1]))
                if corner is None:
                    continue
                amount = min(
                    left,
                    self._left(across, -by, room),
                    self._left(neighbour, -by, room),
                    self._left(corner, by, room),
                )
                if amount > 0:
                    for each in (across, neighbour, corner):
                        room[each] -= amount
                        moved.add(each)
                    left -= amount
                    if not left:
                        return sorted(moved)
        return None

    def _most_first(self, numbers: Iterable[int], by: int, room: dict[int, int]) -> list[int]:
        return sorted(numbers, key=lambda each: -self._left(each, by, room))

    def _left(self, number: int, by: int, room: dict[int, int]) -> int:
        # In one movement a number only ever moves one way.
        if number not in room:
            each = self._numbers[number]
            room[number] = each.known.most - each.value if by > 0 else each.value - each.known.least
        return room[number]
