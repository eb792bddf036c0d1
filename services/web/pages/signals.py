"""Lists what the crisis team should know first, in numbers: shortage, expiry, silence; never a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from infra.postgres.heartbeats import is_silent
from infra.postgres.pages.crisis import DepotRow
from infra.postgres.pages.status import ProcessRow, UnassignedRow
from services.web import moments
from services.web.pages.inbox import ORDER, Item
from services.web.wording import Wording

SOON: Final = timedelta(days=7)
SHORTAGE: Final = (
    "no_stock",
    "stock_to_priority",
    "stock_to_others",
    "next_dose_not_secured",
)
CAPACITY: Final = ("shifts_full", "no_shift", "no_team_with_skills", "no_shift_in_window")


@dataclass(frozen=True, slots=True)
class Situation:
    """The numbers that signals come from."""

    now: datetime
    real_now: datetime
    unassigned: Sequence[UnassignedRow]
    depots: Sequence[DepotRow]
    missed: int  # teams of today that should have been heard of
    processes: Sequence[ProcessRow]
    set_aside: int


def list_signals(situation: Situation, t: Wording) -> list[Item]:
    """List the signals, the most urgent first."""
    found = [
        *list_people_signals(situation, t),
        *list_lot_signals(situation, t),
        *list_silence_signals(situation, t),
    ]
    return sorted(found, key=lambda item: ORDER.index(item.tone))


def list_people_signals(situation: Situation, t: Wording) -> list[Item]:
    """List people without a visit for lack of doses or teams, and crisis visits without a team."""
    items = []
    if any(row.crisis_visits for row in situation.unassigned):
        items.append(Item("danger", "stop", t("signal.crisis"), t("signal.crisis.text")))
    for name, reasons in (("shortage", SHORTAGE), ("capacity", CAPACITY)):
        people = sum(row.people for row in situation.unassigned if row.reason in reasons)
        if people:
            title = t(f"signal.{name}", n=t.number(people))
            items.append(Item("warn", "alert", title, t(f"signal.{name}.text")))
    return items


def list_lot_signals(situation: Situation, t: Wording) -> list[Item]:
    """List lots that expire within a week, and posts without doses."""
    soon = situation.now.date() + SOON
    items = [
        Item(
            "warn",
            "box",
            t("signal.lot", lot=row.lot, day=moments.short_day(row.use_by, t)),
            t("signal.lot.text", doses=t.number(row.lot_doses), depot=row.depot),
        )
        for row in situation.depots
        if row.use_by is not None and row.use_by <= soon
    ]
    items += [
        Item("warn", "box", t("signal.empty", depot=row.depot), t("signal.empty.text"))
        for row in situation.depots
        if row.usable <= 0
    ]
    return items


def list_silence_signals(situation: Situation, t: Wording) -> list[Item]:
    """List teams that have not reported, quarantined records, and silent processes."""
    items = []
    if situation.missed:
        title = t.count("signal.teams", situation.missed)
        items.append(Item("warn", "off", title, t("signal.teams.text")))
    if situation.set_aside:
        title = t.count("inbox.set_aside", situation.set_aside)
        items.append(Item("info", "alert", title, t("signal.set_aside.text")))
    for row in situation.processes:
        if is_silent(row.at, situation.real_now):
            since = moments.age(row.at, situation.real_now, t)
            title = t("inbox.silent", process=row.process)
            items.append(Item("danger", "off", title, t("inbox.silent.text", since=since)))
    return items
