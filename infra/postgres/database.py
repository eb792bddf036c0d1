"""A pool of connections for one database role; sorts driver errors by who is at fault."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from uuid import UUID

import asyncpg

from infra.errors import Contended, Paused, RefusedByStore, TooSlow, Unavailable
from infra.postgres.fold import FOLD
from infra.waiting import is_cancelled

if TYPE_CHECKING:
    from typing import TypeAlias

    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record]

DEADLINE_SECONDS = 8.0
# Postgres probes a silent client after 5 s and drops it, and its locks, within 11: a machine that loses power does
# not close its connections.
ASKED_BY_POSTGRES = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "11000",
}
OUR_FOLD = {"prikploeg.fold": str(FOLD)}  # read by check_fold() of the database
PAUSED = asyncpg.OperatorInterventionError.sqlstate  # 57000, raised by check_fold() alone
WORLD = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,  # also a full disk
    asyncpg.PostgresSystemError,  # the disk of the server does not answer
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # seen after outages: "cannot switch to state 15"
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.LockNotAvailableError,
    OSError,
    TimeoutError,
)
CONTENDED = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)
SLOW = (TimeoutError, asyncpg.QueryCanceledError)
DATA = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


@dataclass(frozen=True, slots=True)
class Who:
    """The person or system on whose behalf pages read; row-level security decides by it."""

    role: str
    region: str
    organisation: UUID | None
    subject: str


class Database:
    """A connection pool that is logged in as one role."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", deadline: float) -> None:
        self._pool = pool
        self._deadline = deadline

    @classmethod
    async def open(cls, dsn: str, *, size: int = 4, deadline: float = DEADLINE_SECONDS) -> Self:
        """Connects; raises Unavailable when Postgres is away. `deadline` in seconds bounds each transaction."""
        async with told_apart():
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=size,
                timeout=5,
                command_timeout=deadline,
                max_inactive_connection_lifetime=60,
                server_settings=ASKED_BY_POSTGRES | OUR_FOLD,
            )
        return cls(pool, deadline)

    @classmethod
    @asynccontextmanager
    async def opened(cls, dsn: str, *, size: int = 4) -> "AsyncIterator[Self]":
        """Connects for as long as the block runs; raises Unavailable when Postgres is away."""
        database = await cls.open(dsn, size=size)
        try:
            yield database
        finally:
            await database.close()

    @asynccontextmanager
    async def transaction(self) -> "AsyncIterator[Connection]":
        """Opens a transaction; raises Unavailable when the world is at fault, RefusedByStore when the data are."""
        async with self._connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def statement(self) -> "AsyncIterator[Connection]":
        """Lends a connection for one statement, which Postgres makes a transaction of by itself; errors as in `transaction`."""
        async with self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def _connection(self) -> "AsyncIterator[Connection]":
        """Lends a connection for at most the deadline, after which it is cut.

        A timeout alone would double the deadline (measured on a link that swallows everything): a cancelled statement
        asks Postgres to stop, and waits for that answer too. Cutting ends it at once. The other connections of the
        pool are as old and may be as dead, so the next users get new ones.
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
        """Ends a connection that does not answer, without waiting for it."""
        connection.terminate()
        self._expiring = asyncio.ensure_future(self._pool.expire_connections())

    @asynccontextmanager
    async def reading(
        self, who: Who, session: UUID | None = None, glass: UUID | None = None
    ) -> "AsyncIterator[Connection]":
        """Opens a transaction as this reader; row-level security sees role, region, organisation, subject and session.

        With `glass` also the one person whom this reader opened by it, as long as that lasts.
        """
        async with self.transaction() as tx:
            await tx.execute(
                """
                SELECT set_config('app.role', $1, true), set_config('app.region', $2, true),
                       set_config('app.organisation', $3, true), set_config('app.subject', $4, true),
                       set_config('app.session', $5, true), set_config('app.glass', $6, true)
                """,
                who.role,
                who.region,
                str(who.organisation or ""),
                who.subject,
                str(session or ""),
                str(glass or ""),
            )
            yield tx

    @asynccontextmanager
    async def snapshot(self) -> "AsyncIterator[Connection]":
        """Opens a read-only transaction that sees a single moment; errors as in `transaction`."""
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def close(self) -> None:
        """Closes the pool, and cuts connections that do not close within 2 seconds."""
        try:
            await asyncio.wait_for(self._pool.close(), 2)
        except TimeoutError:
            self._pool.terminate()


@asynccontextmanager
async def told_apart() -> AsyncIterator[None]:
    """Raises driver errors as Unavailable (the world's) or RefusedByStore (the data's); messages hold no values."""
    try:
        yield
    except (*DATA, *WORLD) as error:
        # A task that is to end rolls back first, which fails where Postgres is away: that is no reason to try again.
        if is_cancelled():
            raise asyncio.CancelledError from error
        raise tell_apart(error) from error


def tell_apart(error: BaseException) -> Unavailable | RefusedByStore:
    """What an error of the driver is here."""
    if isinstance(error, DATA):
        named = getattr(error, "column_name", None) or getattr(error, "constraint_name", None)
        return RefusedByStore(type(error).__name__, (str(named or "data"),))
    if getattr(error, "sqlstate", None) == PAUSED:
        return Paused(str(error))
    return kind_of(error)(f"Postgres: {type(error).__name__}")


def kind_of(error: BaseException) -> type[Unavailable]:
    """What kind of absence a driver error of the world is."""
    if isinstance(error, CONTENDED):
        return Contended
    return TooSlow if isinstance(error, SLOW) else Unavailable


async def wait_for(dsn: str, *, size: int = 4, patience: float = 60.0) -> Database:
    """Connects, and keeps trying while Postgres is away; raises Unavailable after `patience` seconds."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + patience
    while True:
        try:
            return await Database.open(dsn, size=size)
        except Unavailable:
            if loop.time() > give_up:
                raise
            await asyncio.sleep(0.2)
