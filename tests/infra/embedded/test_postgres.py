"""The embedded PostgreSQL: its door, its crashes, its leftovers."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest

from infra.embedded.folder import Folder, Unusable
from infra.embedded.orphans import before_exec
from infra.embedded.postgres import postgres_program
from infra.embedded.session import Servers, running

pytestmark = pytest.mark.postgres


@contextmanager
def a_process(folder: Folder, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Runs as whom the server runs, without a supervisor."""
    prepare = before_exec(folder.server_user, signal.SIGKILL)
    process = subprocess.Popen(command, cwd="/", preexec_fn=prepare, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def until_answering(servers: Servers) -> asyncpg.Connection:
    async with asyncio.timeout(20):
        while True:
            try:
                return await asyncpg.connect(servers.postgres_dsn("owner"), timeout=2)
            except (OSError, asyncpg.CannotConnectNowError, TimeoutError):
                await asyncio.sleep(0.05)


async def test_only_the_password_opens_it(folder: Folder):
    async with running(folder, kafka=False) as servers:
        connection = await asyncpg.connect(servers.postgres_dsn("owner"))

        assert await connection.fetchval("SHOW data_checksums") == "on"
        assert await connection.fetchval("SHOW listen_addresses") == "127.0.0.1"
        for dsn in (
            servers.database_url(),
            servers.postgres_dsn("owner").replace("owner:", "owner:x"),
        ):
            with pytest.raises(
                (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)
            ):
                await asyncpg.connect(dsn, user="owner")
        await connection.close()


async def test_after_kill_9_what_was_committed_is_there_on_the_same_port(folder: Folder):
    said: list[str] = []
    async with running(folder, said.append, kafka=False) as servers:
        connection = await asyncpg.connect(servers.postgres_dsn("owner"))
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
        killed = servers.supervisor.pid("postgres")

        os.kill(killed, signal.SIGKILL)
        await asyncio.sleep(0.1)
        again = await until_answering(servers)

        assert await again.fetchval("SELECT n FROM kept") == 42
        assert servers.supervisor.pid("postgres") != killed
        assert said[0] == "postgres ended (SIGKILL), started again"
        await again.close()


async def test_a_set_up_that_was_interrupted_is_done_again(folder: Folder):
    unfinished = folder.data / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")

    async with running(folder, kafka=False) as servers:
        connection = await until_answering(servers)

        assert await connection.fetchval("SELECT current_database()") == "prikploeg"
        await connection.close()


async def test_a_taken_port_leads_to_another_one(folder: Folder):
    async with running(folder, kafka=False) as servers:
        first = servers.postgres_port
    with socket.create_server(("127.0.0.1", first)):
        async with running(folder, kafka=False) as servers:
            second = servers.postgres_port
            connection = await until_answering(servers)
            await connection.close()
    async with running(folder, kafka=False) as servers:
        third = servers.postgres_port

    assert first != second == third


async def test_the_number_of_a_stranger_in_the_pid_file_stops_nothing(folder: Folder):
    async with running(folder, kafka=False):
        pass
    note = folder.data / "postgres" / "postmaster.pid"
    with a_process(folder, "/bin/sleep", "600") as stranger:
        note.write_text(f"{stranger.pid}\n{folder.data / 'postgres'}\n")

        async with running(folder, kafka=False) as servers:
            connection = await until_answering(servers)

            assert stranger.poll() is None
            await connection.close()


async def test_an_empty_pid_file_of_a_start_on_a_full_disk_stops_nothing(folder: Folder):
    async with running(folder, kafka=False):
        pass
    pid_file = folder.data / "postgres/postmaster.pid"
    pid_file.touch()

    async with asyncio.timeout(40), running(folder, kafka=False) as servers:
        connection = await until_answering(servers)

        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


async def test_a_server_that_was_left_running_is_ended_first(folder: Folder):
    async with running(folder, kafka=False):
        pass
    program = postgres_program(folder, 15999)
    note = folder.data / "postgres" / "postmaster.pid"
    with a_process(folder, *program.command) as left:
        while not (note.exists() and "ready" in note.read_text()):
            await asyncio.sleep(0.02)

        async with running(folder, kafka=False) as servers:
            connection = await until_answering(servers)

            assert left.wait(1) == 0
            await connection.close()


async def test_data_without_its_keys_is_refused_with_what_to_do(folder: Folder):
    async with running(folder, kafka=False):
        pass
    (folder.passwords / "owner").unlink()

    with pytest.raises(Unusable, match="Put them back"):
        async with running(folder, kafka=False):
            pass
