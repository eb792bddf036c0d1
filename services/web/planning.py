"""Says in words what the planner is doing for a region, by its heartbeats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.postgres.heartbeats import is_silent
from infra.postgres.pages.status import ProcessRow
from services.web.wording import LANGUAGES, Wording

RESTING, SILENT = "resting", "silent"
PASSING = frozenset({"loading", "first", "answering", SILENT})


@dataclass(frozen=True, slots=True)
class Activity:
    """What is done for a region; `at_most` seconds a region that is loading waits for its plan."""

    doing: str
    since: datetime | None = None
    at_most: int | None = None

    def write(self, t: Wording) -> str:
        """One sentence."""
        return t(f"planning.{self.doing}", seconds=self.at_most)


def find_activity(processes: Sequence[ProcessRow], region: str, real_now: datetime) -> Activity:
    """What the planners that live say of a region; one works on it at a time."""
    planners = [row for row in processes if row.process == "planner"]
    living = [row for row in planners if not is_silent(row.at, real_now)]
    for row in living:
        regions = row.state.get("regions")
        said = regions.get(region) if isinstance(regions, dict) else None
        if isinstance(said, dict):
            at_most = said.get("at_most")
            return Activity(
                str(said["doing"]),
                datetime.fromisoformat(str(said["since"])),
                at_most if isinstance(at_most, int) else None,
            )
    return Activity(RESTING if living else SILENT)


def write_passing(
    processes: Sequence[ProcessRow], region: str, real_now: datetime, t: Wording
) -> str:
    """For a page: only what a new plan or a planner that is back will end, as that renews the page."""
    activity = find_activity(processes, region, real_now)
    return activity.write(t) if activity.doing in PASSING else ""


def describe_activity(activity: Activity, real_now: datetime) -> dict[str, Any]:
    """The same for `/status`, with the sentence in each language."""
    seconds = None if activity.since is None else (real_now - activity.since).total_seconds()
    return {
        "doing": activity.doing,
        "seconds": None if seconds is None else round(max(0.0, seconds), 1),
        "text": {language: activity.write(Wording(language)) for language in LANGUAGES},
    }
