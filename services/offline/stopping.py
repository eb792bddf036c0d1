"""Ctrl-C during a search: the first ends the search with the best plan so far, the second ends the process."""

import signal
from types import FrameType
from typing import Self

import typer


class Stop:
    """Tells the search whether to stop; use with `with`."""

    def __init__(self) -> None:
        self._wanted = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        for which in (signal.SIGINT, signal.SIGTERM):
            self._before[which] = signal.signal(which, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for which, before in self._before.items():
            signal.signal(which, before)

    def __call__(self) -> bool:
        return self._wanted

    def _take(self, _: int, __: FrameType | None) -> None:
        if self._wanted:
            raise KeyboardInterrupt
        self._wanted = True
        typer.echo("stopping with the best plan so far; once more: stop without", err=True)
