"""Shows the progress of the demo: a live view on a terminal, plain lines elsewhere."""

import sys
from dataclasses import dataclass, field
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from infra.clock import SystemClock


@dataclass(slots=True)
class Now:
    """The numbers of the view."""

    step: str = ""
    sent: int = 0
    total: int = 0
    accepted: int = 0
    lag: int = 0
    plan: str = "none yet"
    simulated: str = ""
    processes: dict[str, str] = field(default_factory=dict)


class View:
    """The progress view; use with `with`. Writes to standard error, so that standard output stays clean."""

    def __init__(self) -> None:
        self.now = Now()
        self._console = Console(file=sys.stderr)
        self._live: Live | None = None
        self._last = ""
        self._clock = SystemClock()
        self._begun = self._clock.monotonic()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(
                self._table(), console=self._console, refresh_per_second=4, transient=True
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, line: str) -> None:
        """Prints one line that stays."""
        self._console.print(
            f"{self._clock.monotonic() - self._begun:6.1f}  {line}" if line.strip() else "",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )

    def show(self) -> None:
        """Redraws the numbers."""
        if self._live is not None:
            self._live.update(self._table())
            return
        n = self.now
        line = (
            f"{n.step}: sent {n.sent}/{n.total}, accepted {n.accepted}, lag {n.lag}, plan {n.plan}"
        )
        if line != self._last:
            self._last = line
            self.say(line)

    def _table(self) -> Table:
        n = self.now
        table = Table(show_header=False, box=None)
        table.add_row("step", n.step)
        table.add_row("events in", f"{n.sent} of {n.total}")
        table.add_row("accepted", str(n.accepted))
        table.add_row("lag", str(n.lag))
        table.add_row("plan", n.plan)
        if n.simulated:
            table.add_row("time in the campaign", n.simulated)
        for name, state in n.processes.items():
            table.add_row(name, state)
        return table
