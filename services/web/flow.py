"""Judges whether the numbers on a page are of now: facts come in, and a plan follows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from infra.postgres.heartbeats import is_silent
from infra.postgres.pages.status import ProcessRow
from services.web.moments import clock_time
from services.web.wording import Wording

NEEDED: Final = (
    "intake",
    "planner",
)  # without these a page shows the past, whatever connection is open
MANY: Final = 50  # messages that wait: fewer come and go within a second of work


@dataclass(frozen=True, slots=True)
class Flow:
    """Which needed processes give no sign, and how many messages wait to be read."""

    silent: tuple[str, ...] = ()
    waiting: int = 0

    @property
    def alive(self) -> bool:
        """Whether messages are received."""
        return "intake" not in self.silent

    @property
    def fresh(self) -> bool:
        """True when a number of what teams and practices said is as of now."""
        return self.alive and self.waiting == 0

    @property
    def live(self) -> bool:
        """True when a page may call itself live."""
        return not self.silent and self.waiting < MANY


def judge_flow(processes: Sequence[ProcessRow], real_now: datetime) -> Flow:
    """Judge by the last heartbeats; a process that never gave one is silent too."""
    young = {row.process for row in processes if not is_silent(row.at, real_now)}
    lags = [row.state.get("lag") for row in processes if row.process == "intake"]
    return Flow(
        silent=tuple(name for name in NEEDED if name not in young),
        waiting=sum(lag for lag in lags if isinstance(lag, int)),
    )


def write_old(flow: Flow, now: datetime, t: Wording) -> str:
    """Write why a page is not live; empty when it is."""
    if flow.live:
        return ""
    names = ", ".join(t(f"process.{name}").lower() for name in flow.silent)
    why = t("live.silent", names=names) if names else t("flow.behind", n=t.number(flow.waiting))
    return t("live.old", why=why, time=clock_time(now))
