"""Requests that are refused: GraphQL errors with `extensions.code`.

A command that the rules refuse is no error but a `Problem`; these are for requests that are
malformed, not allowed, too large or can't be answered now.

    Refused
    ├── BadRequest         the request makes no sense as written
    ├── Unauthenticated    the credential isn't good
    ├── Forbidden          this audience may never ask that
    ├── NotFound           what must be there isn't, or isn't theirs: the same answer
    ├── TooDeep            nested too deep
    ├── TooCostly          asks for too much at once
    ├── TooMany            asks for more in a while than the budget has; try again later
    ├── NotByGet           a mutation sent by GET
    ├── UnknownDocument    a hash of a document that isn't known here
    ├── TimedOut           took longer than allowed
    ├── Unavailable        the database can't answer now; try again
    └── Failed             our own mistake
"""

from typing import ClassVar


class Refused(Exception):  # noqa: N818 - it reads as a sentence: "raise Forbidden(...)"
    """The root: a message for people, a code for programs."""

    code: ClassVar[str] = "BAD_REQUEST"
    status: ClassVar[int] = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequest(Refused):
    """The request makes no sense as written."""


class Unauthenticated(Refused):
    """The credential isn't good. Every reason has the same text, so that none can be probed."""

    code = "UNAUTHENTICATED"
    status = 401

    def __init__(self) -> None:
        super().__init__("The token is not valid here. Get a new one and try again.")


class Forbidden(Refused):
    """The audience may never ask that."""

    code = "FORBIDDEN"
    status = 403


class NotFound(Refused):
    """What must be there isn't, or isn't the asker's to see: the same answer."""

    code = "NOT_FOUND"
    status = 200


class TooDeep(Refused):
    """Nested too deep."""

    code = "TOO_DEEP"


class TooCostly(Refused):
    """Asks for too much at once."""

    code = "TOO_COSTLY"


class TooMany(Refused):
    """Asks for more in a while than the asker's budget has; `seconds` until it has enough."""

    code = "TOO_MANY"
    status = 429

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class NotByGet(Refused):
    """A mutation sent by GET, which must change nothing."""

    status = 405


class UnknownDocument(Refused):
    """A hash of a document that isn't known here: send the document itself, once."""

    code = "PERSISTED_QUERY_NOT_FOUND"
    status = 404

    def __init__(self) -> None:
        # The text that clients of automatic persisted queries look for.
        super().__init__("PersistedQueryNotFound")


class TimedOut(Refused):
    """Took longer than allowed; cancelled in the database."""

    code = "TIMEOUT"
    status = 503


class Unavailable(Refused):
    """The database can't answer now; nothing was written; try again."""

    code = "UNAVAILABLE"
    status = 503


class Failed(Refused):
    """Our own mistake. What happened is in the log; its text could hold what nobody may see."""

    code = "INTERNAL"
    status = 500

    def __init__(self) -> None:
        super().__init__("Something went wrong here; it is logged.")
