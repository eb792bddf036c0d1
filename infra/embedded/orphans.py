"""Lets no process outlive the one that started it, and finds those that did."""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from infra.embedded.folder import User

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(sign: signal.Signals = signal.SIGKILL) -> None:
    """Makes the kernel send this process a signal when its parent ends, however that ends.

    Linux only, where the kernel does it; elsewhere the next start finds the servers left behind.
    The kernel means the *thread* that started us, so children are started from the main thread.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():  # it ended while we were loading
        os._exit(1)


def before_exec(user: User | None, sign: signal.Signals) -> Callable[[], None]:
    """The steps of a child between fork and exec: become that user, and die with its parent."""
    parent = os.getpid()

    def prepare() -> None:
        if user is not None:
            os.setgroups([])
            os.setgid(user.gid)
            os.setuid(user.uid)
        die_with_parent(sign)  # after setuid, which would undo it
        if os.getppid() != parent:  # the parent ended just before
            os._exit(1)

    return prepare


def stop_leftover(pid_file: Path, belongs: Callable[[psutil.Process], bool]) -> bool:
    """Ends the server that a killed demo left on this data. Returns whether there was one.

    After a restart of the machine another process may have its id: that one is left alone, and the file is removed so
    that it blocks nobody. So is a file without an id, from a start on a full disk.
    """
    try:
        pid = int(pid_file.read_text().split()[0])
    except OSError:
        return False
    except (ValueError, IndexError):
        pid_file.unlink(missing_ok=True)
        return False
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if belongs(process):
            for sign, seconds in ((signal.SIGINT, 8), (signal.SIGTERM, 4), (signal.SIGKILL, 5)):
                process.send_signal(sign)
                with suppress(psutil.TimeoutExpired):
                    process.wait(seconds)
                    return True
    pid_file.unlink(missing_ok=True)
    return False
