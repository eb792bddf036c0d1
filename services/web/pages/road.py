"""What the road and the ward reported, as the planner and the crisis team read it: expected times and inbox items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from infra.postgres.pages import road
from scheduling.under_way import Risk
from services.web import moments
from services.web.expecting import ExpectedRow, read_expected
from services.web.pages.inbox import Item, Tone
from services.web.pages.teams import Look
from services.web.wording import Wording

if TYPE_CHECKING:
    from infra.postgres.database import Connection

GRAVE: Final = ("severe", "life_threatening")


@dataclass(frozen=True, slots=True)
class Road:
    """The reports of one day, and those that are open whatever the day."""

    expected: Sequence[ExpectedRow]
    reactions: Sequence[road.ReactionRow]
    answers: Sequence[road.AnswerRow]
    doubles: Sequence[road.DoubleRow]

    def expected_at(self, visit: UUID) -> datetime | None:
        """When a visit is expected, where that is not as published."""
        return next((row.expected_at for row in self.expected if row.visit == visit), None)

    def answer_to(self, visit: UUID) -> road.AnswerRow | None:
        """What the location answered about a visit."""
        return next((row for row in self.answers if row.visit == visit), None)


async def read_road(
    tx: "Connection", region: str, day: tuple[datetime, datetime], now: datetime
) -> Road:
    """Reads the reports for the planner: of a day (its first moment, and the first after it) and from now on."""
    return Road(
        expected=await read_expected(tx, region, day, now),
        reactions=await road.reactions(tx),
        answers=await road.answers(tx, region, now),
        doubles=await road.doubles(tx, region, now),
    )


def list_road_reports(read: Road, looks: Mapping[UUID, Look], t: Wording) -> list[Item]:
    """Lists delays, adverse events, other moments that are asked for, and members in two teams."""
    return [
        *list_delays(read.expected, looks, t),
        *list_reactions(read.reactions, t),
        *list_answers(read.answers, t),
        *list_doubles(read.doubles, t),
    ]


def list_delays(rows: Sequence[ExpectedRow], looks: Mapping[UUID, Look], t: Wording) -> list[Item]:
    """Lists each team that is late or early with the times at which it is expected, and what asks for a decision."""
    by_team: dict[UUID, list[ExpectedRow]] = {}
    for row in rows:
        by_team.setdefault(row.team, []).append(row)
    items = []
    for team, late in by_team.items():
        name = looks[team].name if team in looks else str(team)[:8]
        items += [to_risk_item(row, risk, name, t) for row in late for risk in row.risks]
        late = [row for row in late if row.minutes]
        if not late:
            continue
        times = ", ".join(write_expected(row, t) for row in late)
        when = moments.clock_time(late[0].noted_at)
        title = t(f"inbox.{name_kind(late[0])}", team=name, minutes=abs(late[0].minutes))
        items.append(Item("warn", "clock", title, times, "#tijdlijn", t("inbox.show"), when))
    return items


def name_kind(row: ExpectedRow) -> str:
    """Early, late by the team's own words, or behind by what it registered."""
    if row.minutes < 0:
        return "early"
    return "delay" if row.is_reported else "behind"


def to_risk_item(row: ExpectedRow, risk: Risk, team: str, t: Wording) -> Item:
    """What does not hold any more for one stop, and what can be done: somebody decides."""
    return Item(
        "danger",
        "clock",
        t(f"inbox.risk.{risk}", team=team),
        t(f"inbox.risk.{risk}.text", expected=moments.clock_time(row.expected_at)),
        f"?bezoek={row.visit}#bezoek",
        t("inbox.show"),
        moments.clock_time(row.planned_at),
    )


def write_expected(row: ExpectedRow, t: Wording) -> str:
    """The published time of a visit and the one at which it is expected."""
    planned, late = moments.clock_time(row.planned_at), moments.clock_time(row.expected_at)
    return t("expected.both", planned=planned, expected=late)


def list_reactions(rows: Sequence[road.ReactionRow], t: Wording) -> list[Item]:
    """Lists adverse events that wait for a clinician; nobody is named."""
    items = []
    for row in rows:
        place = row.location or t("place.unknown")
        lot = t("inbox.reaction.lot", product=row.product, lot=row.lot) if row.lot else ""
        text = " ".join(filter(None, (t("inbox.reaction.text", place=place), lot)))
        when = moments.day_part(row.began_at, t)
        tone: Tone = "danger" if row.severity in GRAVE else "warn"
        items.append(Item(tone, "alert", t(f"inbox.reaction.{row.severity}"), text, when=when))
    return items


def list_grave_signals(rows: Sequence[road.ReactionRow], t: Wording) -> list[Item]:
    """Lists life-threatening adverse events for the crisis team: when and of which lot, never who or where."""
    items = []
    for row in rows:
        if row.severity == "life_threatening":
            lot = t("inbox.reaction.lot", product=row.product, lot=row.lot) if row.lot else ""
            text = f"{t('signal.reaction.text')} {lot}".strip()
            when = moments.day_part(row.began_at, t)
            title = t("inbox.reaction.life_threatening")
            items.append(Item("danger", "alert", title, text, when=when))
    return items


def list_answers(rows: Sequence[road.AnswerRow], t: Wording) -> list[Item]:
    """Lists locations that ask for another moment."""
    return [
        Item(
            "warn",
            "alert",
            t("inbox.answer", name=row.location or t("place.unknown")),
            write_answer(row, t),
            f"?bezoek={row.visit}#bezoek",
            t("inbox.show"),
            moments.day_part(row.starts_at, t),
        )
        for row in rows
        if row.answer != "confirmed"
    ]


def write_answer(row: road.AnswerRow, t: Wording) -> str:
    """What the location answered, as a sentence."""
    by = t(f"answer.by.{row.answered_by}")
    if row.answer == "confirmed":
        return t("answer.confirmed", by=by)
    if row.wishes_from is None or row.wishes_until is None:
        return t("answer.other_moment", by=by)
    first, last = moments.day_part(row.wishes_from, t), moments.day_part(row.wishes_until, t)
    return t("answer.wish", by=by, first=first, last=last)


def list_doubles(rows: Sequence[road.DoubleRow], t: Wording) -> list[Item]:
    """Lists pairs of teams that one member would have to work in at the same time."""
    return [
        Item(
            "warn",
            "alert",
            t("inbox.double", one=row.one, other=row.other),
            t("inbox.double.text"),
            when=moments.day_part(row.starts_at, t),
        )
        for row in rows
    ]
