"""Lists what is wrong with our own work in a region, for the open status; empty when all is well."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from infra.postgres.database import Who
from infra.postgres.pages.speaking import ManyRow
from infra.postgres.pages.status import ProcessRow
from infra.tokens import SENDER

UNREVIEWED: Final = "break_glass_unreviewed"
ODD: Final = "odd_access"
UNSEALED_SECONDS: Final = 10  # the access log is sealed every second


def list_alarms(processes: Sequence[ProcessRow]) -> list[dict[str, Any]]:
    """List the plans of ours that the door refused, with the cause, the regions that no plan could be made for, and an unsealed log."""
    alarms: list[dict[str, Any]] = []
    for row in processes:
        unsealed = row.state.get("unsealed_seconds")
        if isinstance(unsealed, int) and unsealed > UNSEALED_SECONDS:
            alarms.append({"kind": "access_log_unsealed", "seconds": unsealed})
        refused, failed = row.state.get("refused"), row.state.get("failed")
        if isinstance(refused, dict):
            alarms += [
                {"kind": "plan_refused", "region": name, "why": why}
                for name, why in refused.items()
            ]
        if isinstance(failed, list):
            alarms += [{"kind": "no_plan", "region": name} for name in failed]
    return alarms


def list_intake_alarms(processes: Sequence[ProcessRow]) -> list[dict[str, Any]]:
    """List what the intake says is wrong, each with its topic and the regions of that."""
    return [
        alarm
        for row in processes
        if isinstance(told := row.state.get("alarms"), list)
        for alarm in told
        if isinstance(alarm, dict) and "kind" in alarm
    ]


def hide_topics(alarms: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """List each kind once, for everybody: how many topics, and the longest time; never which."""
    kinds = sorted({alarm["kind"] for alarm in alarms})
    return [
        {
            "kind": kind,
            "topics": len({one["topic"] for one in alarms if one["kind"] == kind}),
            "seconds": max(
                (one.get("seconds") or 0 for one in alarms if one["kind"] == kind), default=0
            ),
        }
        for kind in kinds
    ]


def select_own(alarms: Sequence[dict[str, Any]], who: Who) -> list[dict[str, Any]]:
    """Select the alarms that this reader may hear of: of the topics of a planner's region, or a system's own."""
    return [
        {name: said for name, said in alarm.items() if name != "regions"}
        for alarm in alarms
        if (who.role == "planner" and who.region in alarm["regions"])
        or (who.role == SENDER and who.subject == alarm["topic"])
    ]


def hide_state(state: dict[str, Any]) -> dict[str, Any]:
    """Hide the names of topics in what a process says of itself."""
    inner = ("alarms", "member", "stored", "fruitless", "careful", "guessing")
    shown = {name: said for name, said in state.items() if name not in inner}
    if isinstance(stopped := shown.get("stopped"), list):
        shown["stopped"] = len(stopped)
    return shown


def list_guessing(processes: Sequence[ProcessRow], here: Iterable[str]) -> list[dict[str, Any]]:
    """List the regions in which somebody tried too many BSNs or postcodes today: as this process knows, and the others say."""
    found = set(here)
    for row in processes:
        if isinstance(told := row.state.get("guessing"), list):
            found |= {str(region) for region in told}
    return [{"kind": "guessing", "region": region} for region in sorted(found)]


def list_claims(rows: Sequence[ManyRow], kind: str) -> list[dict[str, Any]]:
    """List the practices that do something more often than the policy of their region finds usual; people, so in fives."""
    return [
        {"kind": kind, "region": row.region, "practice": row.name, "at_least": 5 * (row.count // 5)}
        for row in rows
    ]


def list_reviews(due: Sequence[tuple[str, str, datetime]], now: datetime) -> list[dict[str, Any]]:
    """List the regions in which looks stand out that nobody reviewed, or an opening waits for longer than agreed."""
    waiting = Counter(
        (ODD if what == "alert" else UNREVIEWED, region)
        for region, what, due_at in due
        if due_at <= now
    )
    return [
        {"kind": kind, "region": region, "count": count}
        for (kind, region), count in sorted(waiting.items())
    ]


def judge_process(row: ProcessRow, *, silent: bool) -> str:
    """Say in a word how a process is: silent, alarm (it says so itself) or ok."""
    if silent:
        return "silent"
    return "alarm" if row.state.get("ok") is False else "ok"
