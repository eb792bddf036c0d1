"""Where an embedded installation keeps its data, and elsewhere its keys.

For root the data stands where the user `nobody`, as whom PostgreSQL then runs, can reach it;
the rights of folders that are not ours are never changed.
"""

import hashlib
import json
import os
import pwd
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.closed import close_to_others, write_closed

CHECKOUT = Path(__file__).resolve().parents[2]
PORTS_OF_TEST_RUNS = range(20_000, 30_000)  # below those of outgoing connections, as in ports.py
PASSABLE = (
    0o711  # for root: PostgreSQL's account goes through it to its own data, and sees nothing else
)
ROOMY = 300 * 1024 * 1024  # bytes: fresh servers take 150 MB


class Unusable(Exception):
    """The embedded installation cannot run here; the message says what the user can do."""


@dataclass(frozen=True)
class User:
    """An account that a child process runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Folder:
    """The folders of one embedded installation."""

    data: Path
    keys: Path
    server_user: User | None  # the account that PostgreSQL runs as; None: our own

    @property
    def logs(self) -> Path:
        """Output of the processes, one file each."""
        return self.data / "logs"

    @property
    def passwords(self) -> Path:
        """One file for each database role."""
        return self.keys / "database"

    @property
    def master_key(self) -> Path:
        """The master key, which wraps the keys of the vault."""
        return self.keys / "master.key"

    @property
    def session_key(self) -> Path:
        """The key that signs sessions of the pages."""
        return self.keys / "session.key"


def choose(data: Path | None = None) -> Folder:
    """Chooses the folders of this checkout, or of `data` (PRIKPLOEG_DATA), and makes them when absent.

    Raises Unusable. Keys that were made once are found again whatever HOME says later.
    """
    place = data.expanduser().absolute() if data else default_data()
    user = nobody() if os.geteuid() == 0 else None
    make_data(place, user)
    note = place / "keys-folder"
    keys = Path(note.read_text().strip()) if note.exists() else default_keys(place)
    folder = Folder(place, keys, user)
    make_keys_folder(folder)
    close_to_others(place)
    close_to_others(keys)
    write_closed(note, f"{keys}\n")
    return folder


def default_data() -> Path:
    """The data folder beside the code; for root, one that `nobody` can reach."""
    if os.geteuid() == 0:
        return Path("/var/lib/prikploeg") / name_of(CHECKOUT)
    return CHECKOUT / ".data"


def name_of(place: Path) -> str:
    """A short name that differs for each path."""
    plain = place.parent.name if place.name.startswith(".") else place.name
    return f"{plain}-{hashlib.sha256(str(place).encode()).hexdigest()[:8]}"


def default_keys(data: Path) -> Path:
    """The folder for keys in the user's configuration, never in the data: a copy of the data alone opens nothing."""
    home = Path(os.environ.get("HOME") or "/nonexistent")
    if home.is_dir() and os.access(home, os.W_OK):
        return home / ".config/prikploeg" / name_of(data)
    return data.with_name(data.name + "-keys")


def nobody() -> User:
    """The account for PostgreSQL, which refuses to run as root."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise Unusable(
            "You are root, and PostgreSQL does not run as root; this machine has no user"
            " `nobody` to run it as. Start as an ordinary user."
        ) from None
    return User(entry.pw_uid, entry.pw_gid)


def make_data(place: Path, user: User | None) -> None:
    """Makes the data folder and checks that it can be used. Raises Unusable."""
    try:
        if user and place.parent.name == "prikploeg":
            place.parent.mkdir(mode=0o755, exist_ok=True)
        if not place.exists():
            place.mkdir(parents=True)
            place.chmod(PASSABLE if user else 0o700)
        (place / "logs").mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
        room = shutil.disk_usage(place).free
    except OSError as error:
        raise Unusable(
            f"The data folder {place} cannot be written ({error.strerror}). Set PRIKPLOEG_DATA to"
            " a folder that you may write, and start again."
        ) from error
    if room < ROOMY:
        raise Unusable(
            f"The disk of the data folder {place} has {room // 1024**2} MB left; about"
            f" {ROOMY // 1024**2} are needed. Make room, or set PRIKPLOEG_DATA to a folder on"
            " another disk."
        )
    if user and not reachable(place, user):
        raise Unusable(
            f"PostgreSQL does not run as root, and the user `nobody`, as whom it runs instead,"
            f" cannot reach the data folder {place}. Set PRIKPLOEG_DATA to a folder below folders"
            " that everybody may enter, or start as an ordinary user."
        )


def reachable(place: Path, user: User) -> bool:
    """Whether that user can enter the folder."""
    command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(place)]
    probe = subprocess.run(
        command, check=False, user=user.uid, group=user.gid, extra_groups=[], capture_output=True
    )
    return probe.returncode == 0


def make_keys_folder(folder: Folder) -> None:
    """Makes the folder for the keys, closed to others. Raises Unusable."""
    try:
        folder.keys.mkdir(parents=True, mode=0o700, exist_ok=True)
        folder.passwords.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder.keys):
            pass
    except OSError as error:
        raise Unusable(
            f"The folder for the keys {folder.keys} cannot be written ({error.strerror}). Set HOME"
            " to a folder that you may write, or PRIKPLOEG_DATA to a new one, and start again."
        ) from error


def note_ports(folder: Folder) -> None:
    """Let the servers of a test run ask for ports that no other run asks for first.

    Runs stand side by side: one would take the usual port that another lets go of while its server starts again.
    """
    names = ("postgres", "kafka", "kafka-controller", "web")
    drawn = random.sample(PORTS_OF_TEST_RUNS, len(names))
    ports = dict(zip(names, drawn, strict=True))
    write_closed(folder.data / "ports.json", json.dumps(ports))


@contextmanager
def scratch() -> Iterator[Folder]:
    """Folders for one test run, gone afterwards; reachable for `nobody` when we are root."""
    user = nobody() if os.geteuid() == 0 else None
    base = Path(tempfile.mkdtemp(prefix="prikploeg-"))
    try:
        base.chmod(PASSABLE if user else 0o700)
        make_data(base / "data", user)
        folder = Folder(base / "data", base / "keys", user)
        make_keys_folder(folder)
        note_ports(folder)
        yield folder
    finally:
        shutil.rmtree(base, ignore_errors=True)
