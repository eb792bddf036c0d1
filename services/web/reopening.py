"""Judges a shift that would be opened again by all that was said since it was closed: its team, its crew, stock and the other stops."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from events.identifiers import Payload
from events.teams import ShiftChanged, ShiftOpened, StopPinned
from infra.postgres.pages.decisions import ShiftFacts
from infra.postgres.snapshot.rows import ShiftRow, Snapshot
from scheduling.steering.breaches import Breach
from services.care.absences import is_absent
from services.web.pinning import NEWEST, list_faults, with_pin

ELSEWHERE: Final = "team_elsewhere"


def judge_reopening(snapshot: Snapshot, shift: ShiftFacts, said: Sequence[Payload]) -> list[Breach]:
    """What keeps a shift and its stops from being as they were, and what other stops would lose by it."""
    opened = next(one for one in said if isinstance(one, ShiftChanged))
    pins = [one for one in said if isinstance(one, StopPinned)]
    facts = ShiftOpened(**{name: getattr(opened, name) for name in ShiftOpened.model_fields})
    if found := [*_judge_team(snapshot, shift, facts)]:
        return found
    others = tuple(row for row in snapshot.teams.shifts if row.facts.shift_id != facts.shift_id)
    row = ShiftRow(snapshot.region, snapshot.region, facts, shift.team)
    again = replace(snapshot, teams=replace(snapshot.teams, shifts=(*others, row)))
    before = {(one.visit_id, one.rule) for one in list_faults(snapshot)}
    own = {str(pin.visit_id) for pin in pins}
    for number, pin in enumerate(pins):
        again = with_pin(again, pin, NEWEST + number)
    return [
        Breach(fault.rule, fault.visit_id, fault.detail)
        for fault in list_faults(again)
        if fault.visit_id in own or (fault.visit_id, fault.rule) not in before
    ]


def _judge_team(snapshot: Snapshot, shift: ShiftFacts, facts: ShiftOpened) -> Iterator[Breach]:
    """Whether the team, and everybody of the crew, is free in the hours of the shift."""
    where = str(facts.shift_id)
    if shift.lent_to is not None:
        yield Breach("lent", where, "the team is lent to another region that day")
    if is_absent(facts, snapshot.teams.absences):
        yield Breach("absent", where, "the team is away that day")
    crew = {one.member_id for one in facts.crew}
    for row in snapshot.teams.shifts:
        other = row.facts
        if other.shift_id == facts.shift_id or not _overlap(other, facts):
            continue
        if other.team_id == facts.team_id or crew & {one.member_id for one in other.crew}:
            yield Breach(
                ELSEWHERE, str(other.shift_id), "the team or its crew works elsewhere then"
            )
            return


def _overlap(one: ShiftOpened, other: ShiftOpened) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at
