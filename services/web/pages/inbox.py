"""Lists what needs a decision of the planner, the most urgent first; derived from facts, nothing is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from infra.postgres.heartbeats import is_silent
from infra.postgres.pages.planner import OpenRow, OutbreakRow, ShiftRow, ShortDelivery
from infra.postgres.pages.quarantine import StopRow
from infra.postgres.pages.status import PlanRow, ProcessRow
from services.web import moments
from services.web.outlines import read_municipality_names
from services.web.pages.timeline import Timeline
from services.web.wording import Wording

Tone = Literal["danger", "warn", "info"]
ORDER: Final[tuple[Tone, ...]] = ("danger", "warn", "info")
OURS: Final = "system"  # the topic of what our own processes submit: no sender repairs that
CAUSES: Final = ("one_live_appointment", "person_in_one_place", "team_in_one_place")


@dataclass(frozen=True, slots=True)
class Item:
    """One open decision: what happened, and what to do."""

    tone: Tone
    icon: str
    title: str
    text: str
    link: str = ""
    action: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that the inbox is derived from."""

    region: str
    now: datetime
    real_now: datetime
    proposal: PlanRow | None
    timeline: Timeline
    shifts: Sequence[ShiftRow]
    open: Sequence[OpenRow]
    outbreaks: Sequence[OutbreakRow]
    deliveries: Sequence[ShortDelivery]
    set_aside: Sequence[tuple[str, str, int, datetime]]
    gaps: int
    processes: Sequence[ProcessRow]
    stops: Sequence[StopRow] = ()
    alarms: Sequence[dict[str, Any]] = ()  # of the intake, of topics of the region


def list_items(facts: Facts, wording: Wording) -> list[Item]:
    """List the open decisions, the most urgent first."""
    found = [
        *list_plan_items(facts, wording),
        *list_road_items(facts, wording),
        *list_place_items(facts, wording),
        *list_supply_items(facts, wording),
        *list_machinery_items(facts, wording),
        *list_travel_items(facts, wording),
    ]
    return rank(found)


def rank(items: Iterable[Item]) -> list[Item]:
    """The most urgent first; within a tone the order stays."""
    return sorted(items, key=lambda item: ORDER.index(item.tone))


def list_plan_items(facts: Facts, t: Wording) -> list[Item]:
    """List a proposal that waits, and crisis visits without a team."""
    items = []
    crisis = sum(row.crisis_visits for row in facts.open)
    if crisis:
        title = t.count("inbox.crisis", crisis)
        items.append(
            Item("danger", "stop", title, t("inbox.crisis.text"), "#open", t("inbox.show"))
        )
    if facts.proposal is not None:
        when = moments.clock_time(facts.proposal.proposed_at)
        title = t("inbox.proposal", number=facts.proposal.number)
        items.append(
            Item(
                "info",
                "arrow",
                title,
                t("inbox.proposal.text"),
                f"/planning/voorstel/{facts.proposal.plan}",
                t("inbox.look"),
                when,
            )
        )
    return items


def list_road_items(facts: Facts, t: Wording) -> list[Item]:
    """List teams that are late, and teams that cannot work."""
    items = [
        Item(
            "danger",
            "stop",
            t("inbox.late", team=line.look.name, minutes=line.late_minutes),
            t.count("inbox.late.text", line.late),
            "#tijdlijn",
            t("inbox.show"),
        )
        for line in facts.timeline.lines
        if line.late
    ]
    items += [
        Item("danger", "stop", write_absence(shift, t), t("inbox.absent.text"))
        for shift in facts.shifts
        if shift.absent
    ]
    return items


def write_absence(shift: ShiftRow, t: Wording) -> str:
    """A team that cannot work, with the reason that it gave."""
    kind = f"inbox.absent.{shift.absent_why}" if shift.absent_why else "inbox.absent"
    return t(kind, team=shift.name)


def list_place_items(facts: Facts, t: Wording) -> list[Item]:
    """List outbreaks, and locations that are unknown, have no phone number or contradict themselves."""
    names = read_municipality_names(facts.region)
    items = []
    for row in facts.outbreaks:
        place = names.get(row.municipality or "", "")
        text = t(f"inbox.outbreak.{row.policy}")
        if row.next_visit is not None:
            text += " " + t("inbox.outbreak.next", when=moments.day_part(row.next_visit, t))
        items.append(Item("danger", "stop", t("inbox.outbreak", name=row.name, place=place), text))
    for reason in ("no_contact", "consent_conflicting", "location_unknown"):
        rows = [row for row in facts.open if row.reason == reason]
        if rows:
            title = t.count(f"inbox.{reason}", len({row.location for row in rows}))
            people = t.count("people", sum(row.people for row in rows))
            text = t(f"inbox.{reason}.text", people=people)
            items.append(Item("warn", "alert", title, text, f"#reden-{reason}", t("inbox.show")))
    return items


def list_supply_items(facts: Facts, t: Wording) -> list[Item]:
    """List deliveries that are short or late."""
    items = []
    for row in facts.deliveries:
        day = moments.short_day(row.expected_on, t)
        if row.received is None:
            title = t("inbox.delivery.late", day=day)
            text = t("inbox.delivery.late.text", doses=t.number(row.announced), product=row.product)
        else:
            title = t(
                "inbox.delivery.short", day=day, missing=t.number(row.announced - row.received)
            )
            text = t(
                "inbox.delivery.short.text",
                received=t.number(row.received),
                announced=t.number(row.announced),
                product=row.product,
            )
        items.append(Item("warn", "box", title, text))
    return items


def list_machinery_items(facts: Facts, t: Wording) -> list[Item]:
    """List quarantined records, gaps in a topic, and silent processes."""
    items = list_planner_items(facts, t)
    others = [row for row in facts.set_aside if row[0] != OURS]
    records = sum(row[2] for row in others)
    if records:
        systems = ", ".join(sorted({row[0] for row in others}))
        title = t.count("inbox.set_aside", records)
        text = t("inbox.set_aside.text", systems=systems)
        items.append(Item("warn", "alert", title, text, "/quarantaine", t("inbox.show")))
    for stop in facts.stops:
        title = t("inbox.stopped", topic=stop.topic)
        items.append(
            Item("danger", "stop", title, t("inbox.stopped.text"), "/quarantaine", t("inbox.show"))
        )
    for alarm in facts.alarms:
        items.append(
            Item(
                "danger",
                "stop",
                t(f"alarm.{alarm['kind']}", topic=alarm["topic"]),
                t(
                    f"alarm.{alarm['kind']}.text",
                    minutes=t.number((alarm.get("seconds") or 0) // 60),
                ),
            )
        )
    if facts.gaps:
        items.append(
            Item("danger", "stop", t.count("inbox.gaps", facts.gaps), t("inbox.gaps.text"))
        )
    for row in facts.processes:
        if is_silent(row.at, facts.real_now):
            title = t("inbox.silent", process=row.process)
            since = moments.age(row.at, facts.real_now, t)
            items.append(Item("warn", "off", title, t("inbox.silent.text", since=since)))
    return items


def list_planner_items(facts: Facts, t: Wording) -> list[Item]:
    """List a plan of ours for this region that was refused, with its cause, and a solve that failed."""
    items = []
    for row in facts.processes:
        refused, failed = row.state.get("refused"), row.state.get("failed")
        why = refused.get(facts.region) if isinstance(refused, dict) else None
        if isinstance(why, dict):
            fields = why.get("fields")
            cause = fields[0] if isinstance(fields, list) and fields else ""
            text = t(f"inbox.refused.{cause if cause in CAUSES else 'other'}")
            items.append(
                Item("danger", "stop", t("inbox.refused"), text + " " + t("inbox.refused.text"))
            )
        if isinstance(failed, list) and facts.region in failed:
            items.append(Item("danger", "stop", t("inbox.unsolved"), t("inbox.unsolved.text")))
    return items


def list_travel_items(facts: Facts, t: Wording) -> list[Item]:
    """List travel times that are estimated because the routing server gave none."""
    items = []
    for row in facts.processes:
        estimated = row.state.get("travel_estimated")
        pairs = estimated.get(facts.region) if isinstance(estimated, dict) else None
        if isinstance(pairs, int) and pairs > 0:
            title = t("inbox.travel", pairs=t.number(pairs))
            items.append(Item("warn", "alert", title, t("inbox.travel.text")))
    return items
