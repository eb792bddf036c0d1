"""A pool of connections for one database role, with driver errors told apart by owner."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from uuid import UUID

import asyncpg

from infra.errors import RefusedByStore, Unavailable

if TYPE_CHECKING:
    from typing import TypeAlias

    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record]

DEADLINE_SECONDS = 8.0
# Postgres asks a silent client after 5 s and lets go of it, and of its locks, within 11: a machine that lost power says no goodbye.
ASKED_BY_POSTGRES = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "11000",
}
WORLD = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,  # a full disk, too
    asyncpg.PostgresSystemError,  # its disk does not answer
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # seen after outages: "cannot switch to state 15"
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.LockNotAvailableError,
    OSError,
    TimeoutError,
)
DATA = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


@dataclass(frozen=True, slots=True)
class Who:
    """The person or system on whose behalf pages read; row-level security decides by it."""

    role: str
    region: str
    organisation: UUID | None
    subject: str


class Database:
    """One role's way to Postgres."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", deadline: float) -> None:
        self._pool = pool
        self._deadline = deadline

    @classmethod
    async def open(cls, dsn: str, *, size: int = 4, deadline: float = DEADLINE_SECONDS) -> Self:
        """Connect; Unavailable when Postgres is away."""
        async with told_apart():
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=size,
                timeout=5,
                command_timeout=deadline,
                max_inactive_connection_lifetime=60,
                server_settings=ASKED_BY_POSTGRES,
            )
        return cls(pool, deadline)

    @asynccontextmanager
    async def transaction(self) -> "AsyncIterator[Connection]":
        """One transaction; Unavailable when the world is at fault, RefusedByStore when the data are."""
        async with self._connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def _connection(self) -> "AsyncIterator[Connection]":
        """A connection for at most the deadline, after which it is cut.

        A timeout alone would double the deadline (measured on a link that swallows everything): what is cancelled
        asks Postgres to stop, and waits for that answer too. Cut, it ends at once. Others of the pool were made
        when this one was and may be as dead, so the next users get new ones.
        """
        async with (
            told_apart(),
            asyncio.timeout(self._deadline) as deadline,
            self._pool.acquire(timeout=self._deadline) as connection,
        ):
            cutting = asyncio.get_running_loop().call_at(
                deadline.when() or 0.0, self._cut, connection
            )
            try:
                yield connection
            finally:
                cutting.cancel()

    def _cut(self, connection: "Connection") -> None:
        """End a connection that does not answer, without waiting for it."""
        connection.terminate()
        self._expiring = asyncio.ensure_future(self._pool.expire_connections())

    @asynccontextmanager
    async def reading(self, who: Who) -> "AsyncIterator[Connection]":
        """One transaction as this reader: row-level security sees role, region, organisation and subject."""
        async with self.transaction() as tx:
            await tx.execute(
                """
                SELECT set_config('app.role', $1, true), set_config('app.region', $2, true),
                       set_config('app.organisation', $3, true), set_config('app.subject', $4, true)
                """,
                who.role,
                who.region,
                str(who.organisation or ""),
                who.subject,
            )
            yield tx

    @asynccontextmanager
    async def snapshot(self) -> "AsyncIterator[Connection]":
        """One read-only transaction that sees one moment; errors as in `transaction`."""
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def close(self) -> None:
        """Close, and cut what does not close in time."""
        try:
            await asyncio.wait_for(self._pool.close(), 2)
        except TimeoutError:
            self._pool.terminate()


@asynccontextmanager
async def told_apart() -> AsyncIterator[None]:
    """Raise driver errors as Unavailable (world) or RefusedByStore (data); messages hold no values."""
    try:
        yield
    except DATA as error:
        named = getattr(error, "column_name", None) or getattr(error, "constraint_name", None)
        raise RefusedByStore(type(error).__name__, (str(named or "data"),)) from error
    except WORLD as error:
        raise Unavailable(f"Postgres: {type(error).__name__}") from error


async def wait_for(dsn: str, *, size: int = 4, patience: float = 60.0) -> Database:
    """Connect, and keep trying while Postgres is away; Unavailable after the patience in seconds."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + patience
    while True:
        try:
            return await Database.open(dsn, size=size)
        except Unavailable:
            if loop.time() > give_up:
                raise
            await asyncio.sleep(0.2)
