"""Makes the keys of an installation in containers, once, and deals to each container only those that it uses.

Run by the one-shot service `keys` of docker-compose.yml on a folder in which each subfolder is a
volume of its own: `kept` holds every key (back it up, apart from the database), the others the
copies that one container sees.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, get_args

from infra.crypto import Keys
from infra.embedded.closed import write_closed
from infra.embedded.keys import write_key
from infra.errors import NotConfigured
from infra.settings import Role

KEPT: Final = "kept"
MASTER: Final = "master.key"
SESSION: Final = "session.key"
# They follow from the master key: who makes the tables publishes the one, who offers records again opens with the other.
SEALS: Final = "quarantine.public"
OPENS: Final = "quarantine.key"


def database(*roles: str) -> tuple[str, ...]:
    """The password files of these roles, below the folder of a container."""
    return tuple(f"database/{role}" for role in roles)


def kafka(*users: str) -> tuple[str, ...]:
    """The password files of these users of the brokers, below the folder of a container."""
    return tuple(f"kafka/prikploeg-{user}" for user in users)


KAFKA_USERS: Final = ("connect", "intake", "relay", "tools")
ALL_ROLES: Final[tuple[str, ...]] = get_args(Role)
DEALT: Final[Mapping[str, tuple[str, ...]]] = {
    "postgres": database("owner"),
    "kafka-users": kafka(*KAFKA_USERS),
    "migrate": (*database(*ALL_ROLES), SEALS),
    "intake": (*database("acceptor"), *kafka("intake")),
    "planner": database("planner", "acceptor"),
    "relay": (*database("relay"), *kafka("relay")),
    "courier": (*database("courier", "acceptor"), MASTER),
    "web": (*database("reader", "acceptor", "identifier"), MASTER, SESSION),
    "tools": (*database("owner", "acceptor"), *kafka("connect", "tools"), SESSION, OPENS),
}


def deal(root: Path) -> list[str]:
    """Make what is absent and renew the copies; names of what was made. Safe to repeat.

    An existing key is never replaced: a new one would not open the data that the old one closed.
    """
    made = make_absent(root / KEPT)
    for container, names in DEALT.items():
        for name in names:
            hand_over(root / KEPT / name, root / container / name)
    return made


def make_absent(kept: Path) -> list[str]:
    """Every key that is not there yet."""
    made = []
    for name in (MASTER, SESSION, *database(*ALL_ROLES), *kafka(*KAFKA_USERS)):
        if not (kept / name).exists():
            (kept / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if name == MASTER:
                Keys.create(kept / name)
            else:
                write_key(kept / name)
            made.append(name)
    return [*made, *follow_master(kept)]


def follow_master(kept: Path) -> list[str]:
    """The halves of the quarantine's key, anew when the master key has a version more; names of those written."""
    keys = Keys.read(kept / MASTER).for_quarantine()
    written = []
    for name, text in ((SEALS, keys.write_public()), (OPENS, keys.write_private())):
        path = kept / name
        if not path.exists() or path.read_text() != text:
            write_closed(path, text)
            written.append(name)
    return written


def hand_over(source: Path, target: Path) -> None:
    """Copy one key, readable by its owner only; nothing happens when it is there already."""
    key = source.read_bytes()
    if target.exists() and target.read_bytes() == key:
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(key)
    unfinished.replace(target)


def main(arguments: list[str]) -> int:
    """0 when every container has its keys; 1 with a message when a folder cannot be written.

    With `--renew` after the folder the master key gets one version more, for what is sealed from now on.
    """
    try:
        root = Path(arguments[0])
        if arguments[1:] == ["--renew"]:
            Keys.add_version(root / KEPT / MASTER)
        made = deal(root)
    except (OSError, IndexError, NotConfigured) as error:
        sys.stderr.write(f"The keys could not be made: {error}\n")
        return 1
    sys.stdout.write(f"made {', '.join(made)}\n" if made else "all keys are there\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
