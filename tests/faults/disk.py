"""A disk that is full under Postgres: a small filesystem of its own where we may mount, else a limit on its files.

Mounting takes root. Without it the processes of Postgres are forbidden to let a file grow: the same calls fail in
the same places, those of the write-ahead log too (with EFBIG instead of ENOSPC, and less politely answered).
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.embedded.folder import Folder, User, scratch
from infra.embedded.keys import make_keys
from infra.embedded.postgres import postgres_program
from tests.faults.faults import Fault, Scene

MEGABYTES = 160  # a fresh cluster with two segments of log takes some 60
BALLAST = "ballast"
# A segment of the write-ahead log has 16 MB. Shared memory counts as files too, and has pieces of 1 MB: with less than
# that a recovery of Postgres 18 stands still for ever, which no full disk does.
LIMIT = 1_572_864


@dataclass(frozen=True)
class Disk:
    """Folders whose Postgres stands on a filesystem of its own, if one could be had."""

    folder: Folder
    is_mounted: bool

    @property
    def data(self) -> Path:
        return self.folder.data / "postgres"

    def fill(self) -> int:
        """Until nothing fits any more; the bytes that it took."""
        taken = 0
        with (self.data / BALLAST).open("ab", buffering=0) as ballast, suppress(OSError):
            while True:
                taken += ballast.write(bytes(4096))
        return taken

    def make_room(self) -> None:
        (self.data / BALLAST).unlink(missing_ok=True)

    def faults(self) -> tuple[Fault, ...]:
        """Those that can be had here: at least one everywhere."""
        frozen = Fault("no file of Postgres may grow", self.files_limited)
        if not self.is_mounted:
            return (frozen,)
        full = Fault("disk full", self.full, weight=2)
        nothing_left = Fault("disk full and Postgres killed", self.full_and_killed)
        return (full, nothing_left, frozen)

    async def full(self, scene: Scene) -> str:
        seconds, taken = round(scene.random.uniform(3, 6), 1), 0
        try:
            for _ in range(int(seconds / 0.2)):
                taken += await asyncio.to_thread(self.fill)  # what Postgres gives back, too
                await asyncio.sleep(0.2)
        finally:
            self.make_room()
        return f"no room for {seconds} s, {taken >> 20} MB taken"

    async def full_and_killed(self, scene: Scene) -> str:
        """It must recover, and may find no room to do so in."""
        taken = await asyncio.to_thread(self.fill)
        try:
            await asyncio.sleep(1)
            for process in of_postgres(scene):
                process.kill()
            await asyncio.sleep(scene.random.uniform(2, 4))
            taken += await asyncio.to_thread(self.fill)
        finally:
            self.make_room()
        return f"{taken >> 20} MB taken, every process of Postgres killed, then room again"

    async def files_limited(self, scene: Scene) -> str:
        seconds = round(scene.random.uniform(2, 4), 1)
        await asyncio.to_thread(limit, scene, LIMIT)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(limit, scene, "unlimited")
        return f"no file beyond 1.5 MB for {seconds} s"


def of_postgres(scene: Scene) -> list[psutil.Process]:
    """The server and all that it started."""
    pid = scene.world.pid("postgres")
    with suppress(psutil.Error):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


def limit(scene: Scene, size: int | str) -> None:
    """For all of Postgres, those it starts meanwhile too; asked by its own user, as root of a container may not."""
    user, asked = scene.world.folder.server_user, set[int]()
    while new := [one.pid for one in of_postgres(scene) if one.pid not in asked]:
        for pid in new:
            prlimit(pid, size, user)
        asked.update(new)


def prlimit(pid: int, size: int | str, user: User | None) -> None:
    """How large a file of a process may become; it may have ended meanwhile."""
    subprocess.run(
        ["prlimit", f"--pid={pid}", f"--fsize={size}:"],
        check=False,
        capture_output=True,
        user=None if user is None else user.uid,
        group=None if user is None else user.gid,
        extra_groups=None if user is None else [],
    )


@contextmanager
def a_disk(megabytes: int = MEGABYTES) -> Iterator[Disk]:
    """A fresh cluster; as root on a filesystem of so many megabytes, which is gone afterwards."""
    with scratch() as folder:
        make_keys(folder)
        postgres_program(folder, 1)  # makes the cluster, starts nothing
        disk = Disk(folder, os.geteuid() == 0 and move_to_mount(folder, megabytes))
        try:
            yield disk
        finally:
            if disk.is_mounted:
                subprocess.run(["umount", "--lazy", str(disk.data)], check=False)


def move_to_mount(folder: Folder, megabytes: int) -> bool:
    """Put the cluster on a filesystem in memory; False when this machine does not let us."""
    data, before = folder.data / "postgres", folder.data / "postgres.before"
    data.rename(before)
    data.mkdir()
    size = f"size={megabytes}m,mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(data)]
    try:
        done = subprocess.run(command, check=False, capture_output=True)
    except OSError:
        done = None
    if done is None or done.returncode:
        data.rmdir()
        before.rename(data)
        return False
    subprocess.run(["cp", "-a", f"{before}/.", str(data)], check=True)
    shutil.rmtree(before)
    return True
