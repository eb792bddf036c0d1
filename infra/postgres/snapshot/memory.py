"""Reads the people of a region again: only those of whom something was said since they were read last.

What a line of the ledger changes is known for a few types, the most frequent ones. Any other line, a fact of another
region or of the country, or a state that was folded anew makes it read everybody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from uuid import UUID

from infra.postgres.snapshot.people import (
    load_booked,
    load_booked_elsewhere,
    load_facts,
    load_people,
    load_put_off,
    load_registrations,
)
from infra.postgres.snapshot.rows import FactRows, PeopleRows

if TYPE_CHECKING:
    from infra.postgres.database import Connection

# Facts that concern the person they name and nobody else.
OF_A_PERSON: Final = frozenset(
    {
        "patient.registered",
        "patient.changed",
        "patient.withdrawn",
        "consent.recorded",
        "assessment.recorded",
        "adverse_event.reported",
        "dose.given_elsewhere",
        "dose.administered",
        "dose.not_given",
    }
)
# Facts about doses, which a correction that came before them may give to somebody else.
CORRECTED: Final = frozenset({"dose.given_elsewhere", "dose.administered", "dose.not_given"})
# What is read again each time, or says nothing of people.
OF_NOBODY: Final = frozenset(
    {
        *("organisation.registered", "organisation.changed", "policy.changed"),
        *("location.registered", "location.changed", "location.confirmed"),
        *("outbreak.declared", "outbreak.lifted", "visit.requested", "visit.withdrawn"),
        *("team.formed", "team.lent", "team.delayed", "team.unavailable"),
        *("shift.opened", "shift.changed", "shift.swapped", "shift.withdrawn"),
        *("member.certified", "order.given", "reserve.listed"),
        *("stop.pinned", "stop.released", "stop.moved", "stop.cancelled", "stop.grouped"),
        *("stop.offered", "stop.answered", "stop.withdrawn"),
        *("plan.proposed", "plan.published", "plan.approved", "plan.rejected"),
        *("visit.assigned", "visit.unassigned", "visit.started", "visit.completed"),
        *("delivery.announced", "delivery.confirmed", "delivery.received"),
        *("stock.moved", "stock.counted", "stock.adjusted"),
        *("lot.quarantined", "lot.released", "temperature.read"),
        *("dose.wasted", "waste.corrected", "notice.sent", "progress.counted"),
        *("return_record.sent", "return_record.acknowledged"),
        *("return_record.rejected", "return_record.requested"),
    }
)
MOST_LINES: Final = 5_000  # more are a load: everybody is read as quickly
Marks = tuple[int, int, datetime | None]  # of the country, of other regions, of the fold


@dataclass(slots=True)
class PeopleMemory:
    """The people of one region as they were read last, up to which line of its ledger."""

    rows: PeopleRows | None = None
    marks: Marks = (0, 0, None)
    line: int = 0
    _changed: set[UUID] = field(default_factory=set)
    _all_changed: bool = True

    def keep(
        self, rows: PeopleRows, marks: Marks, line: int, changed: Iterable[UUID] | None
    ) -> None:
        """Remembers a reading, and of whom it was: None means everybody."""
        self.rows, self.marks, self.line = rows, marks, line
        self._changed.update(changed or ())
        self._all_changed |= changed is None

    def take_changed(self) -> set[UUID] | None:
        """Whose facts may differ from those at the last call; None: everybody's."""
        changed = None if self._all_changed else self._changed
        self._changed, self._all_changed = set(), False
        return changed


async def load_people_again(tx: "Connection", region: str, memory: PeopleMemory) -> PeopleRows:
    """As `load_people` of everybody."""
    marks, line = await read_marks(tx, region)
    is_known = memory.marks == marks and 0 <= line - memory.line <= MOST_LINES
    touched = await find_touched(tx, region, memory.line) if is_known else None
    if memory.rows is None or touched is None:
        rows = await load_people(tx, region)
        memory.keep(rows, marks, line, None)
        return rows
    rows = await renew(tx, region, memory.rows, touched)
    memory.keep(rows, marks, line, touched)
    return rows


async def read_marks(tx: "Connection", region: str) -> tuple[Marks, int]:
    """Reads what makes everybody's facts new when it changes, and the newest line of the region's ledger."""
    row = await tx.fetchrow(
        """
        SELECT coalesce((SELECT n FROM region_seq WHERE region = 'NL'), 0) AS national,
               coalesce((SELECT elsewhere FROM problem_changes WHERE region = $1), 0) AS elsewhere,
               (SELECT replaced_at FROM state_fold) AS folded,
               coalesce((SELECT n FROM region_seq WHERE region = $1), 0) AS line
        """,
        region,
    )
    assert row is not None
    return (row["national"], row["elsewhere"], row["folded"]), row["line"]


async def find_touched(tx: "Connection", region: str, line: int) -> set[UUID] | None:
    """Whom the lines after this one concern; None when that is not known."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT split_part(type, '.v', 1) AS said, body ->> 'person_id' AS person
        FROM ledger WHERE region = $1 AND seq > $2
        """,
        region,
        line,
    )
    said = {row["said"] for row in rows}
    if said - OF_A_PERSON - OF_NOBODY:
        return None
    if said & CORRECTED and await tx.fetchval("SELECT EXISTS (SELECT FROM dose_corrections)"):
        return None
    return {UUID(row["person"]) for row in rows if row["said"] in OF_A_PERSON}


async def renew(tx: "Connection", region: str, known: PeopleRows, touched: set[UUID]) -> PeopleRows:
    """The known rows, with those of the touched people and of who is booked since read again."""
    booked = await load_booked(tx, region)
    before = known.people
    touched |= booked - before
    fresh = await load_registrations(tx, region, sorted(touched))
    staying = [row for row in known.registrations if row.person not in touched]
    registrations = sorted([*staying, *fresh], key=lambda row: (row.person, row.campaign))
    people = {row.person for row in registrations} | booked
    facts = await load_facts(tx, sorted(touched & people))
    return PeopleRows(
        registrations=tuple(registrations),
        facts=merge(known.facts, facts, people - touched),
        put_off=await load_put_off(tx, region),
        booked_elsewhere=await load_booked_elsewhere(tx, region, sorted(people)),
        people=frozenset(people),
    )


class OfPerson(Protocol):
    """A row about a person."""

    @property
    def person(self) -> UUID: ...


Row = TypeVar("Row", bound=OfPerson)


def merge(known: FactRows, fresh: FactRows, staying: set[UUID]) -> FactRows:
    """The known facts of who stays, and the fresh ones of the others: of each person still the oldest first."""

    def both(old: tuple[Row, ...], new: tuple[Row, ...]) -> Iterator[Row]:
        yield from (row for row in old if row.person in staying)
        yield from new

    return replace(
        fresh,
        consents=tuple(both(known.consents, fresh.consents)),
        assessments=tuple(both(known.assessments, fresh.assessments)),
        adverse_events=tuple(both(known.adverse_events, fresh.adverse_events)),
        doses=tuple(both(known.doses, fresh.doses)),
        questioned=(known.questioned & staying) | fresh.questioned,
        decisions=tuple(both(known.decisions, fresh.decisions)),
        deaths=tuple(both(known.deaths, fresh.deaths)),
    )
