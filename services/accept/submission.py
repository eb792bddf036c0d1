"""What is offered to the door, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from events.envelope import Event, Record
from events.errors import Refusal, RejectedEvent
from events.plans import VisitAssigned
from infra.travel.matrix import Matrix
from scheduling.plan import Unassigned


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """All that is needed to publish a plan and to compute it again; kept by the hash of `record`."""

    hash: str
    region: str
    from_at: datetime  # visits that begin before it are not touched by this plan
    record: bytes  # compressed
    assignments: tuple[VisitAssigned, ...]
    unassigned: tuple[Unassigned, ...]
    travel: Matrix | None = None  # what `record` leaves out, kept once for all plans that used it


@dataclass(frozen=True, slots=True)
class Submission:
    """Records that stand or fall together."""

    records: tuple[Record, ...]
    plan_record: PlanRecord | None = None
    # What they say, one for each record, when that was read already: outside of the transaction.
    decoded: tuple[Event | RejectedEvent, ...] | None = None


class Status(StrEnum):
    """What became of one record."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one record: its place in the ledger, or why it was set aside."""

    status: Status
    region: str | None = None
    seq: int | None = None
    reason: Refusal | None = None
    fields: tuple[str, ...] = ()
