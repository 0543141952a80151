"""Watching a request that takes long: it ends at its deadline, or when its client hangs up."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from starlette.types import Receive

from schema.refusals import TimedOut

# Most answers are there sooner, and cost no more than a timer that is set and taken back.
WATCH_AFTER = 0.05


class HungUpError(Exception):
    """The client hung up before it was answered."""


class Deadline:
    """Cancels what the task inside does after `seconds`, and raises what `reason` makes instead.

    It is made only then: an exception that those whom it passes hold on to would keep the request,
    and with it a connection that is to be closed, until the garbage collector comes by.

    What asyncio.timeout does, at a fifth of its price: every request meets two of these.
    """

    def __init__(self, seconds: float, reason: Callable[[], Exception]) -> None:
        self._seconds = seconds
        self._reason = reason
        self._is_over = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if not self._is_over:
            return
        # Cancelled by somebody else as well, it stays cancelled.
        is_ours_alone = self._task.uncancel() <= self._cancelling
        if is_ours_alone and kind is asyncio.CancelledError:
            raise self._reason() from error

    def _end(self) -> None:
        self._is_over = True
        self._task.cancel()


class Watch(Deadline):
    """A deadline that comes sooner where the client goes away: HungUpError.

    Its query is cancelled in the database too. Once `is_kept` is set, as for a mutation, the work
    inside is left to finish, whatever the client does: its own statements have their limits, and
    nobody should guess whether a change was made.
    """

    def __init__(self, receive: Receive, seconds: float) -> None:
        super().__init__(
            min(WATCH_AFTER, seconds),
            lambda: TimedOut(f"The query was stopped after {seconds:g} s; ask for less."),
        )
        self.is_kept = False
        self._left = seconds - self._seconds
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
        super().__exit__(kind, error, trace)

    def _end(self) -> None:
        self._watcher = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        try:
            async with asyncio.timeout(self._left):
                message: Any = None
                while message is None or message["type"] != "http.disconnect":
                    message = await self._receive()
        except TimeoutError:
            pass
        else:
            self._reason = HungUpError
        if not self.is_kept:
            super()._end()
