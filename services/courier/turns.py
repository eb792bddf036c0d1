"""What a notice destination tells next in one region: the next change, or what waited for a plan together with it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from events.catalogue import CATALOGUE
from events.codec import read_ledger
from events.organisations import PolicyChanged
from events.plans import PlanPublished, VisitAssigned, VisitUnassigned
from infra.postgres.courier import cursors, telling
from infra.postgres.courier.telling import PlanNow
from infra.postgres.ledger_reads import LedgerLine, read_lines
from services.courier.desk import Desk
from services.courier.waiting import (
    LedgerChange,
    Lines,
    Read,
    Waiting,
    find_losses,
    to_changes,
)

if TYPE_CHECKING:
    from infra.postgres.courier.cursors import Cursor
    from infra.postgres.courier.destinations import Destination
    from infra.postgres.database import Connection

TYPES: Final = ("plan.published.v1", "visit.assigned.v1", "visit.unassigned.v1")
CAUSES: Final = tuple(entry.name for entry in CATALOGUE.values() if entry.changes_problem)
MOST: Final = 2000  # ledger lines: more than nearly every plan changes


@dataclass(frozen=True, slots=True)
class Turn:
    """The lines that are told now, as one, the number up to which they reach, and the region's newest."""

    lines: Lines
    upto: int
    newest: int


async def read_turn(
    tx: "Connection", desk: Desk, destination: "Destination", cursor: "Cursor"
) -> Turn | None:
    """The lines to tell now; None while they wait for a plan.

    Usually they are the next change of a plan. Where a fact took a visit off, they are all that is there once a plan knows
    that fact. What is told then is settled before it is told: after a crash more may be there.
    """
    plan = await telling.read_plan_now(tx, cursor.region)
    settled = cursor.tells_upto or 0
    changes, upto = await read_changes(tx, cursor, settled or plan.newest)
    lines = [line for change in changes for line in change.lines]
    if settled:
        return Turn(lines, upto, plan.newest)
    if not (losses := find_losses(changes)):
        upto = changes[1].first - 1 if len(changes) > 1 else upto
        return Turn(changes[0].lines if changes else [], upto, plan.newest)
    if await is_held(tx, desk, destination, cursor, plan, lines, losses[-1]):
        return None
    await cursors.settle(tx, destination.name, cursor, upto)
    return Turn(lines, upto, plan.newest)


async def is_held(
    tx: "Connection",
    desk: Desk,
    destination: "Destination",
    cursor: "Cursor",
    plan: PlanNow,
    lines: Lines,
    last_loss: int,
) -> bool:
    """Whether these lines wait: no plan knows the last loss yet, nobody is visited soon, and it is not too long already."""
    cause = await telling.read_cause(tx, cursor.region, last_loss, CAUSES)
    if plan.proposed_seq > last_loss and plan.knows >= cause:
        return False
    freeze = plan.freeze_minutes
    if freeze is None:
        freeze = PolicyChanged().freeze_minutes
    waiting = Waiting(
        cursor.held_since, desk.real.now(), desk.clock.now(), timedelta(minutes=freeze)
    )
    visits = [line.visit_id for _, line in lines]
    told = await telling.read_told(tx, destination.name, cursor.region, visits)
    now = await telling.read_visits(tx, cursor.region, visits)
    if waiting.is_over or waiting.may_not(lines, told, now):
        return False
    if cursor.held_since is None:
        await cursors.hold(tx, destination.name, cursor, desk.real.now())
    return True


async def read_changes(
    tx: "Connection", cursor: "Cursor", upto: int
) -> tuple[list[LedgerChange], int]:
    """The next changes, each whole, and the number up to which they reach: where there are very many, not all."""
    most = MOST
    while True:
        found = await read_lines(tx, cursor.region, cursor.seq, upto, TYPES, most)
        changes = to_changes([to_read(line) for line in found])
        if len(found) < most:
            return changes, upto
        if len(changes) > 1:
            last = changes.pop()  # it may go on beyond what was read
            return changes, last.first - 1
        most *= 4  # one change fills all that was read: it must be read whole


def to_read(line: LedgerLine) -> Read:
    """A ledger line with its payload."""
    payload = read_ledger(line.envelope.type, line.body)
    assert isinstance(payload, VisitAssigned | VisitUnassigned | PlanPublished)
    assert line.envelope.time is not None
    return Read(line.seq, line.envelope.time, payload)
