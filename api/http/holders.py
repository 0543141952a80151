"""Holders: how many of something each of them has, such as sockets, and all together."""

from dataclasses import dataclass, field


@dataclass
class Holders:
    """What is held in one worker: `each` of one holder's at the most, `most` of all."""

    each: int
    most: int
    _held: dict[str, int] = field(default_factory=dict)
    _total: int = 0

    def take(self, holder: str) -> bool:
        """Count one more of a holder's; false, and none counted, where that is too many."""
        mine = self._held.get(holder, 0)
        if mine >= self.each or self._total >= self.most:
            return False
        self._held[holder] = mine + 1
        self._total += 1
        return True

    def give_back(self, holder: str) -> None:
        """Count one less."""
        self._total -= 1
        self._held[holder] -= 1
        if not self._held[holder]:
            del self._held[holder]
