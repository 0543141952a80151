"""The database as a worker sees it: a pool of connections for each role, and ways to borrow one."""

import asyncio
from functools import partial
from types import TracebackType

import asyncpg
import orjson

from api.store.pool import Pool
from schema.refusals import TimedOut, Unavailable

ACQUIRE_SECONDS = 2.0
CLOSE_SECONDS = 5.0
LISTENING = "hearth listening"
# A statement's plan serves every value of its parameters: measured, the largest gain there is.
SESSION = {
    "application_name": "hearth",
    "jit": "off",
    "lock_timeout": "2500",
    # A page is there before a parallel worker has started.
    "max_parallel_workers_per_gather": "0",
    "plan_cache_mode": "force_generic_plan",
    "timezone": "Europe/London",
}

# The server is starting, stopping, out of reach or out of room: try again elsewhere or later.
AWAY = (
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TargetServerAttributeNotMatched,
    ConnectionError,
    OSError,
)


class LostConnection(Unavailable):
    """The connection broke under a statement: what only reads may ask again, on another."""


class Database:
    """One worker's pools, one for each role."""

    def __init__(self, url: str, *, pool_size: int, query_seconds: float) -> None:
        self.url = url
        self._pool_size = pool_size
        self._query_seconds = query_seconds
        self._pools: dict[str, Pool] = {}

    async def close(self) -> None:
        """Close every connection, waiting for those in use."""
        pools, self._pools = self._pools, {}
        await asyncio.gather(*(pool.close(CLOSE_SECONDS) for pool in pools.values()))

    def borrow(self, role: str) -> "Borrowed":
        """A connection that acts as `role`, for the length of an `async with`.

        Errors of the database leave as Unavailable or TimedOut where trying again may help.
        """
        pool = self._pools.get(role)
        if pool is None:
            pool = self._pools[role] = Pool(partial(self._open, role), self._pool_size)
        return Borrowed(pool, self._query_seconds)

    async def connect(self, role: str) -> asyncpg.Connection:
        """A connection of the caller's own, outside the pools, to listen on."""
        return await asyncpg.connect(
            self.url,
            server_settings={**SESSION, "application_name": LISTENING, "role": role},
            timeout=ACQUIRE_SECONDS,
        )

    async def _open(self, role: str) -> asyncpg.Connection:
        milliseconds = round(self._query_seconds * 1000)
        connection = await asyncpg.connect(
            self.url,
            server_settings={
                **SESSION,
                "role": role,
                "statement_timeout": str(milliseconds),
                "idle_in_transaction_session_timeout": str(milliseconds * 2),
            },
            statement_cache_size=1000,
            timeout=ACQUIRE_SECONDS,
        )
        await prepare(connection)
        return connection


class Borrowed:
    """A connection of a pool's, lent for a block."""

    __slots__ = ("_connection", "_pool", "_query_seconds")

    def __init__(self, pool: Pool, query_seconds: float) -> None:
        self._pool = pool
        self._query_seconds = query_seconds

    async def __aenter__(self) -> asyncpg.Connection:
        try:
            self._connection = await self._pool.acquire(ACQUIRE_SECONDS)
        except (TimeoutError, *AWAY) as error:
            raise Unavailable(
                "The database is busy or away; nothing was done. Try again."
            ) from error
        return self._connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        is_cancelled = isinstance(error, asyncio.CancelledError | TimeoutError)
        # A server that only reads was the primary once, or will be: the next may be elsewhere.
        # Where one connection broke, others did.
        is_standby = isinstance(error, asyncpg.ReadOnlySQLTransactionError)
        if isinstance(error, asyncpg.InternalClientError):
            # The backend has said that it ends, and its end is still on its way.
            self._connection.terminate()
        is_lost = self._connection.is_closed()
        if is_standby or is_lost:
            self._pool.renew()
        self._pool.release(self._connection, is_clean=not (is_cancelled or is_standby))
        if isinstance(error, asyncpg.QueryCanceledError):
            raise TimedOut(
                f"The query was stopped after {self._query_seconds:g} s; ask for less."
            ) from error
        if isinstance(error, asyncpg.LockNotAvailableError):
            raise Unavailable(
                "Somebody else is changing the same row; nothing was done. Try again."
            ) from error
        if isinstance(error, asyncpg.InsufficientResourcesError):
            raise Unavailable(
                "The database has no room left; nothing was done. Try again later."
            ) from error
        if isinstance(error, AWAY):
            refusal = LostConnection if is_lost else Unavailable
            raise refusal("The database went away; nothing was done. Try again.") from error


async def prepare(connection: asyncpg.Connection) -> None:
    """Have a connection read and write jsonb as Python's own values."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        format="binary",
    )
