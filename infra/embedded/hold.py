"""A lock: one demo at a time runs on a data folder."""

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.embedded.folder import Folder, Unusable


class Hold:
    """The lock on a data folder; the system releases it even after kill -9."""

    def __init__(self, folder: Folder) -> None:
        self._path = folder.data / "running.lock"

    def __enter__(self) -> Self:
        """Raises Unusable when another process holds it: which one, and where its pages are."""
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise Unusable(self._who_has_it()) from None
        self.announce(None)
        return self

    @staticmethod
    def is_held(data: Path) -> bool:
        """Whether a demo runs on this data folder now."""
        try:
            handle = os.open(data / "running.lock", os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def announce(self, url: str | None) -> None:
        """Notes where the pages are, for whoever starts a second demo."""
        note = json.dumps({"pid": os.getpid(), "url": url}).encode()
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, note, 0)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._handle)

    def _who_has_it(self) -> str:
        try:
            note = json.loads(self._path.read_text())
            who = f" (process {note['pid']}"
            who += f"; its pages are at {note['url']})" if note["url"] else ")"
        except (OSError, ValueError, KeyError):
            who = ""
        return (
            f"A demo is already running on {self._path.parent}{who}. Stop it, or set"
            " PRIKPLOEG_DATA to another folder for this one."
        )
