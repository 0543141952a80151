"""What hypothesis draws and shrinks: a tree of bytes, which `documents` reads as a document.

Every tree is a document, a smaller tree a smaller document, and what bytes run out of reads as
zero, the simplest choice.
"""

from dataclasses import dataclass

from hypothesis import strategies as st

# How many fields each level may have; deeper than this goes past the service's limit.
BREADTHS = (3, 3, 3, 3, 2, 2, 2, 1, 1)


class Tape:
    """Bytes, read as choices."""

    def __init__(self, given: bytes) -> None:
        self._given = given
        self._place = 0

    def choose(self, options: int) -> int:
        """The next choice among so many; 0 once the bytes are used up."""
        if self._place >= len(self._given):
            return 0
        self._place += 1
        return self._given[self._place - 1] % options

    def is_once_in(self, options: int) -> bool:
        """True for one choice of so many, never the simplest."""
        return self.choose(options) == options - 1


@dataclass(frozen=True, repr=False)
class Gene:
    """One selection: its choices, those of its arguments, and what is selected below it."""

    head: bytes = b""
    arguments: bytes = b""
    below: tuple["Gene", ...] = ()

    def __repr__(self) -> str:
        # The document that it writes is what a reader of a failure wants, and notes show that.
        return "<the document below>"


def _genes(level: int) -> st.SearchStrategy[Gene]:
    below: st.SearchStrategy[list[Gene]] = st.just([])
    if level < len(BREADTHS):
        below = st.lists(_genes(level + 1), max_size=BREADTHS[level])
    arguments = st.one_of(st.just(b""), st.binary(min_size=8, max_size=32))
    return st.tuples(st.binary(min_size=3, max_size=6), arguments, below).map(_gene)


def _gene(drawn: tuple[bytes, bytes, list[Gene]]) -> Gene:
    head, arguments, below = drawn
    return Gene(head, arguments, tuple(below))


def genomes() -> st.SearchStrategy[Gene]:
    """Whole documents: the choices of the operation, and what it selects."""
    below = st.lists(_genes(1), min_size=1, max_size=BREADTHS[0])
    return st.tuples(st.binary(max_size=4), st.just(b""), below).map(_gene)
