"""The database as a worker sees it: a pool of connections for each role, and ways to borrow one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import orjson

from schema.refusals import TimedOut, Unavailable

ACQUIRE_SECONDS = 2.0
# A statement's plan serves every value of its parameters: measured, the largest gain there is.
SESSION = {
    "application_name": "hearth",
    "jit": "off",
    "lock_timeout": "2500",
    "plan_cache_mode": "force_generic_plan",
    "timezone": "Europe/London",
}

# The server is starting, stopping, out of reach or out of room: try again elsewhere or later.
AWAY = (
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.LockNotAvailableError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.ReadOnlySQLTransactionError,
    ConnectionError,
    OSError,
)


class Database:
    """One worker's pools, each opened when its role is first asked for."""

    def __init__(self, url: str, *, pool_size: int, query_seconds: float) -> None:
        self.url = url
        self._pool_size = pool_size
        self._query_seconds = query_seconds
        self._pools: dict[str, asyncpg.Pool] = {}
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """Close every connection, waiting for those in use."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await pool.close()

    @contextlib.asynccontextmanager
    async def borrow(self, role: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection that acts as `role`, for the length of the block.

        Errors of the database leave as Unavailable or TimedOut where trying again may help.
        """
        try:
            pool = self._pools.get(role) or await self._open(role)
            connection = await pool.acquire(timeout=ACQUIRE_SECONDS)
        except (TimeoutError, *AWAY) as error:
            raise Unavailable(
                "The database is busy or away; nothing was done. Try again."
            ) from error
        try:
            yield connection
        except asyncpg.QueryCanceledError as error:
            raise TimedOut(
                f"The query was stopped after {self._query_seconds:g} s; ask for less."
            ) from error
        except AWAY as error:
            raise Unavailable("The database went away; nothing was done. Try again.") from error
        finally:
            await pool.release(connection)

    async def connect(self, role: str) -> asyncpg.Connection:
        """A connection of the caller's own, outside the pools, to listen on."""
        return await asyncpg.connect(
            self.url, timeout=ACQUIRE_SECONDS, server_settings={**SESSION, "role": role}
        )

    async def _open(self, role: str) -> asyncpg.Pool:
        async with self._opening:
            if role not in self._pools:
                milliseconds = round(self._query_seconds * 1000)
                self._pools[role] = await asyncpg.create_pool(
                    self.url,
                    init=_prepare,
                    reset=_reset,
                    max_size=self._pool_size,
                    min_size=1,
                    server_settings={
                        **SESSION,
                        "role": role,
                        "statement_timeout": str(milliseconds),
                        "idle_in_transaction_session_timeout": str(milliseconds * 2),
                    },
                    statement_cache_size=1000,
                    timeout=ACQUIRE_SECONDS,
                )
        return self._pools[role]


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        format="binary",
    )


async def _reset(_: asyncpg.Connection) -> None:
    # asyncpg rolls back what a cancelled request left open; all that a request sets, it sets for
    # its transaction alone. So there is nothing to clear, and no round trip for it.
    return
