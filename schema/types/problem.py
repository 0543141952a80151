"""Why a command changed nothing."""

import strawberry

from schema.words import ProblemCode


@strawberry.type(description="Why a command changed nothing.")
class Problem:
    """One reason for a refusal; `path` leads to the input it concerns."""

    code: ProblemCode
    message: str
    path: list[str]
