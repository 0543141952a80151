"""Errors of HTTP's own, in GraphQL's one shape of errors."""

from dataclasses import dataclass
from typing import Any

CSVW_JSON = "application/csvm+json"
GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"


# Not frozen: whoever passes an exception on may note where it came from.
@dataclass(eq=False)
class HttpError(Exception):
    """An answer of HTTP's own; `headers` go with it."""

    status: int
    message: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    code: str = "BAD_REQUEST"

    def body(self) -> dict[str, Any]:
        """The answer in GraphQL's one shape of errors."""
        return {"errors": [{"message": self.message, "extensions": {"code": self.code}}]}
