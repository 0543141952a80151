"""Why the rules refuse a command: all the reasons at once, each with its path."""

from collections.abc import Sequence

from schema.types.problem import Problem
from schema.words import ProblemCode


class Declined(Exception):  # noqa: N818 - it reads as a sentence: "raise Declined(...)"
    """The rules refuse the command; its transaction is rolled back and the problems returned."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = list(problems)


def declined(code: ProblemCode, message: str, *path: str) -> Declined:
    """A refusal for one reason."""
    return Declined([Problem(code=code, message=message, path=list(path))])


class Problems:
    """Collects what is wrong with an input, so that everything is said at once."""

    def __init__(self, *path: str) -> None:
        self._path = path
        self._found: list[Problem] = []

    def add(self, field: str, message: str, code: ProblemCode = ProblemCode.INVALID) -> None:
        """Something is wrong with a field of the input, by its GraphQL name."""
        self._found.append(Problem(code=code, message=message, path=[*self._path, field]))

    def within(self, *path: str) -> "Problems":
        """The same collection, for what lies below a field."""
        below = Problems(*self._path, *path)
        below._found = self._found
        return below

    def refuse_if_any(self) -> None:
        """Raise Declined if anything was added."""
        if self._found:
            raise Declined(self._found)
