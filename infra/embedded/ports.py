"""Gives each server of an installation a port, the same at every start while it is free."""

import json
import random
import socket
import threading
from pathlib import Path

from infra.embedded.closed import write_closed
from infra.embedded.folder import Folder, Unusable

# Below the range that outgoing connections are given (32768 and up on Linux), so that none of
# them takes a server's port while the server is being started again.
FIRST, LAST = 15000, 29999
_ALONE = threading.Lock()  # the servers are prepared at the same time, in threads


def choose_port(folder: Folder, name: str, preferred: int) -> int:
    """Chooses the port that this server had last, else the preferred one, else any free one."""
    with _ALONE:
        return _choose(folder.data / "ports.json", name, preferred)


def _choose(note: Path, name: str, preferred: int) -> int:
    try:
        ports: dict[str, int] = json.loads(note.read_text())
    except (OSError, ValueError):
        ports = {}
    others = {port for other, port in ports.items() if other != name}
    candidates = [ports.get(name, preferred), preferred, *random.sample(range(FIRST, LAST), 100)]
    for port in candidates:
        if port not in others and is_free(port):
            unfinished = note.with_name(note.name + ".new")
            write_closed(unfinished, json.dumps(ports | {name: port}))
            unfinished.replace(note)
            return port
    raise Unusable("No free port was found on 127.0.0.1.")


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
