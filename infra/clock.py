"""The only reader of the clock: real time, or the simulated time of a campaign."""

import json
import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from infra.settings import Run


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """The current time, aware and in UTC; jumps when a campaign's clock is set."""
        ...

    def monotonic(self) -> float:
        """Real seconds since some moment: for deadlines and durations, never simulated."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Real seconds."""
        return time.monotonic()


def process_began() -> float:
    """The moment of the monotonic clock at which this process was started: interpreter and imports come after it."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    began = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # 22 in proc(5): since the machine started
    return time.monotonic() - (time.clock_gettime(time.CLOCK_BOOTTIME) - began)


@dataclass(frozen=True)
class _Setting:
    """At `real` it was `simulated`; since then `speed` simulated seconds pass in each real one."""

    real: datetime
    simulated: datetime
    speed: float

    def at(self, real: datetime) -> datetime:
        """The simulated moment at a real one."""
        return self.simulated + timedelta(seconds=(real - self.real).total_seconds() * self.speed)


class CampaignClock:
    """Simulated time that all processes of a demo share through one small file.

    Raises FileNotFoundError when nobody has set it: real time would plan another year.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._setting = self._read()

    def now(self) -> datetime:
        """The simulated moment."""
        return self._read().at(datetime.now(UTC))

    def monotonic(self) -> float:
        """Real seconds."""
        return time.monotonic()

    def _read(self) -> _Setting:
        status = self._path.stat()
        identity = (status.st_ino, status.st_mtime_ns)
        if identity != self._seen:
            raw = json.loads(self._path.read_text())
            self._setting = _Setting(
                datetime.fromisoformat(raw["real"]),
                datetime.fromisoformat(raw["simulated"]),
                float(raw["speed"]),
            )
            self._seen = identity
        return self._setting


def set_campaign_clock(path: Path, simulated: datetime, speed: float, now: datetime) -> None:
    """Sets the clock to `simulated` at the real time `now`; with speed 0 it stands still. Atomic."""
    if simulated.tzinfo is None or now.tzinfo is None or speed < 0:
        raise ValueError("times need a zone, and time does not run backwards")
    setting = {"real": now.isoformat(), "simulated": simulated.isoformat(), "speed": speed}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        json.dump(setting, file)
    Path(name).replace(path)


def clock_from(run: Run) -> Clock:
    """The clock that the settings ask for."""
    return SystemClock() if run.clock_file is None else CampaignClock(run.clock_file)
