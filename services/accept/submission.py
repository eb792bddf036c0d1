"""What is offered to the door, and its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from events.codec import encode, to_event
from events.envelope import OWN, Event, Record, Sender, System
from events.errors import Refusal, RejectedEvent
from events.identifiers import SYSTEM_SOURCE, Payload
from events.plans import VisitAssigned
from infra.postgres.findings import Finding
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
    findings: tuple[Finding, ...] = ()  # faults that the plan does not add, for a person to decide
    travel: Matrix | None = None  # what `record` leaves out, kept once for all plans that used it
    elsewhere: int = 0  # how many facts of other regions about the people of this one it knew


@dataclass(frozen=True, slots=True)
class Submission:
    """Records that stand or fall together."""

    records: tuple[Record, ...]
    plan_record: PlanRecord | None = None
    # One for each record, when they were decoded already: better before the transaction takes its locks.
    decoded: tuple[Event | RejectedEvent, ...] | None = None


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """An event that one of our own processes makes; where it may make it twice, the id follows from the cause."""

    id: str
    at: datetime
    payload: Payload


def own_system(region: str) -> System:
    """This system as a sender: of plans, notices and counts of one region."""
    return System(OWN, Sender.SYSTEM, (SYSTEM_SOURCE,), frozenset({region}))


def own_submission(
    system: System,
    region: str,
    events: Sequence[OwnEvent],
    plan_record: PlanRecord | None = None,
    *,
    acted: Mapping[str, bytes] | None = None,
) -> Submission:
    """Events of our own processes in the name of a system, in its first source; they stand or fall together.

    `acted`: headers that say for whom a page writes.

    They are written as the records of any other sender, so that the door reads, checks and (if need be) quarantines
    them in the same way: a plan of ours gets no easier gate.
    """
    source = system.sources[0]
    records = []
    for one in events:
        event = to_event(one.id, source, one.at, region, one.payload)
        value, headers = encode(event.envelope, event.body)
        records.append(Record(system, value, {**dict(headers), **(acted or {})}))
    return Submission(tuple(records), plan_record)


class Status(StrEnum):
    """What became of one record."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one record: its place in the ledger, or why it was quarantined."""

    status: Status
    region: str | None = None
    seq: int | None = None
    reason: Refusal | None = None
    fields: tuple[str, ...] = ()
