"""Waiting for what another task or process will do, however slow the machine is."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 60.0
"""Seconds after which what is waited for won't come; many times what a slow machine takes."""


async def until(is_so: Callable[[], bool | Awaitable[bool]], otherwise: str) -> None:
    """Wait until something is so; AssertionError with `otherwise` where it never is."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = is_so()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < deadline, otherwise
        await asyncio.sleep(0.02)
