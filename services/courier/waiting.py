"""Which lines of the ledger are told together, and which wait for the next plan.

A fact takes a visit off at once; the new appointment comes with a plan a second or more later. People hear of both in one
notice, so the lines wait until a plan knows the fact.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from events.plans import PlanPublished, VisitAssigned, VisitUnassigned
from infra.postgres.courier.telling import Told, VisitNow

VisitLine = VisitAssigned | VisitUnassigned
Lines = list[tuple[int, VisitLine]]

# Most answers to a fact are there within four seconds. In a region that is loading, or whose planner stands still, people
# must not wait much longer to hear that a visit does not take place.
LONGEST: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Read:
    """A line as it was read: `at` is the moment of its transaction."""

    seq: int
    at: datetime
    payload: VisitLine | PlanPublished


@dataclass(frozen=True, slots=True)
class LedgerChange:
    """What one transaction derived of one plan: a publication, or a veto on what was published, which names the same plan."""

    first: int  # number of its first line, that of the publication included
    lines: Lines
    is_published: bool

    @property
    def losses(self) -> list[int]:
        """The numbers of visits that were taken off, and of which no plan says what comes instead."""
        if self.is_published:
            return []
        return [seq for seq, line in self.lines if isinstance(line, VisitUnassigned)]


def to_changes(found: Sequence[Read]) -> list[LedgerChange]:
    """The changes that these lines are, in order."""
    changes: list[LedgerChange] = []
    last: Read | None = None
    for one in found:
        if isinstance(one.payload, PlanPublished):
            changes.append(LedgerChange(one.seq, [], is_published=True))
        else:
            if last is None or begins_change(last, one, changes[-1]):
                changes.append(LedgerChange(one.seq, [], is_published=False))
            changes[-1].lines.append((one.seq, one.payload))
        last = one
    return changes


def begins_change(last: Read, one: Read, change: LedgerChange) -> bool:
    """Whether a line is of another change than the one before it.

    The lines of a publication follow it without a gap: before those of a veto stands the fact that made it.
    """
    if last.payload.plan_id != one.payload.plan_id or last.at != one.at:
        return True
    return change.is_published and one.seq != last.seq + 1


def find_losses(changes: Sequence[LedgerChange]) -> list[int]:
    """The numbers of visits that wait for a plan; none where the next change waits for nothing."""
    if not changes or not changes[0].losses:
        return []
    return [seq for change in changes for seq in change.losses]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long lines wait already, and for whom they may not."""

    held_since: datetime | None
    real_now: datetime
    now: datetime  # by the clock of the campaign, as the times of visits are
    freeze: timedelta

    @property
    def is_over(self) -> bool:
        """Whether the lines have waited as long as they may."""
        return self.held_since is not None and self.real_now - self.held_since >= LONGEST

    def may_not(
        self,
        lines: Sequence[tuple[int, VisitLine]],
        told: Mapping[UUID, Told],
        visits: Mapping[UUID, VisitNow],
    ) -> bool:
        """Whether one of these is about a visit that begins, or was to begin, within the freeze time."""
        return any(
            starts_at <= self.now + self.freeze and self.now < ends_at
            for _, line in lines
            for starts_at, ends_at in list_times(line, told, visits)
        )


def list_times(
    line: VisitLine, told: Mapping[UUID, Told], visits: Mapping[UUID, VisitNow]
) -> Iterator[tuple[datetime, datetime]]:
    """When the visit of a line begins and ends, and as it was told; nothing of one that has begun."""
    visit, before = visits.get(line.visit_id), told.get(line.visit_id)
    if visit is not None and visit.begun:
        return
    if isinstance(line, VisitAssigned):
        yield line.starts_at, line.ends_at
    elif visit is not None and visit.starts_at is not None and visit.ends_at is not None:
        yield visit.starts_at, visit.ends_at
    if before is not None:
        yield before.starts_at, before.ends_at
