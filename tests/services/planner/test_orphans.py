"""A planner that is killed leaves no search behind, whatever its child was about to do."""

import subprocess
import sys
import time

import psutil
import pytest

LOOKED_FOR = 30.0  # seconds until a process that lives on is called left behind
# A planner that starts its child, says which it is, and is killed: at once, or when the child is awake.
PLANNER = """
import os, signal, sys
from multiprocessing import active_children
from services.planner.child import is_awake, start_solver

if __name__ == "__main__":
    awake = start_solver().submit(is_awake)
    if sys.argv[1] == "awake":
        awake.result()
    print(*(child.pid for child in active_children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["at once", "awake"])
def test_no_child_outlives_a_planner_that_is_killed(tmp_path, when: str):
    script = tmp_path / "killed.py"
    script.write_text(PLANNER)
    with subprocess.Popen([sys.executable, script, when], stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        children = [int(pid) for pid in one.stdout.readline().split()]
    alive = children
    until = time.monotonic() + LOOKED_FOR
    while alive and time.monotonic() < until:
        time.sleep(0.2)
        alive = [pid for pid in children if is_running(pid)]

    assert children
    assert alive == []


def is_running(pid: int) -> bool:
    """Whether a process does anything still; one that nobody waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
