"""Lists what is wrong with our own work in a region, for the open status; empty when all is well."""

from collections.abc import Sequence
from typing import Any

from infra.postgres.pages.speaking import ManyRow
from infra.postgres.pages.status import ProcessRow


def list_alarms(processes: Sequence[ProcessRow]) -> list[dict[str, Any]]:
    """List the plans of ours that the door refused, with the cause, and the regions that no plan could be made for."""
    alarms: list[dict[str, Any]] = []
    for row in processes:
        refused, failed = row.state.get("refused"), row.state.get("failed")
        if isinstance(refused, dict):
            alarms += [
                {"kind": "plan_refused", "region": name, "why": why}
                for name, why in refused.items()
            ]
        if isinstance(failed, list):
            alarms += [{"kind": "no_plan", "region": name} for name in failed]
    return alarms


def list_claims(rows: Sequence[ManyRow], kind: str) -> list[dict[str, Any]]:
    """List the practices that do something more often than the policy of their region finds usual."""
    return [
        {"kind": kind, "region": row.region, "practice": row.name, "count": row.count}
        for row in rows
    ]


def judge_process(row: ProcessRow, *, silent: bool) -> str:
    """Say in a word how a process is: silent, alarm (it says so itself) or ok."""
    if silent:
        return "silent"
    return "alarm" if row.state.get("ok") is False else "ok"
