"""Watching a request that takes long: it ends at its deadline, or when its client hangs up."""

import asyncio
from types import TracebackType
from typing import Any, Self

from starlette.types import Receive

from schema.refusals import TimedOut

# Most answers are there sooner, and cost no more than a timer that is set and taken back.
WATCH_AFTER = 0.05


class HungUpError(Exception):
    """The client hung up before it was answered."""


class Watch:
    """Cancels what the task inside does; its query is then cancelled in the database too.

    Raises TimedOut after `seconds`, HungUpError where the client goes away. Once `is_kept` is
    set, as for a mutation, the work inside is left to finish, whatever the client does: its own
    statements have their limits, and nobody should guess whether a change was made.
    """

    def __init__(self, receive: Receive, seconds: float) -> None:
        self.is_kept = False
        self._receive = receive
        self._seconds = seconds
        self._reason: Exception | None = None
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(min(WATCH_AFTER, self._seconds), self._start)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._reason is None:
            return
        # Cancelled by somebody else as well, it stays cancelled.
        is_ours_alone = self._task.uncancel() <= self._cancelling
        if is_ours_alone and kind is asyncio.CancelledError:
            raise self._reason from error

    def _start(self) -> None:
        self._watcher = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        left = self._seconds - min(WATCH_AFTER, self._seconds)
        try:
            async with asyncio.timeout(left):
                message: Any = None
                while message is None or message["type"] != "http.disconnect":
                    message = await self._receive()
        except TimeoutError:
            reason: Exception = TimedOut(
                f"The query was stopped after {self._seconds:g} s; ask for less."
            )
        else:
            reason = HungUpError()
        if not self.is_kept:
            self._reason = reason
            self._task.cancel()
