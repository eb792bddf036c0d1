"""Sorts a batch into new, duplicate and rejected, before anything is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from events.catalogue import CATALOGUE, PLACE, RegionFrom
from events.codec import decode
from events.envelope import Event, Record
from events.errors import Refusal, RejectedEvent
from events.moments import check_moment
from events.organisations import PolicyChanged, list_contradicting
from infra.postgres.acceptor import ledger
from infra.postgres.acceptor.dose_corrections import find_corrected_people
from infra.postgres.acceptor.ledger import Known
from infra.postgres.acceptor.locking import lock_with_people
from services.accept.indications import refuse_too_young
from services.accept.submission import Outcome, Status, Submission
from services.accept.vetoes import OF_DOSES
from services.accept.voices import refuse_foreign

if TYPE_CHECKING:
    from infra.postgres.database import Connection


Key = tuple[str, str]  # source and id
BY_LOCATION = frozenset(
    entry.name for entry in CATALOGUE.values() if entry.region_from is RegionFrom.LOCATION
)


@dataclass(slots=True)
class Sorted:
    """A batch as far as it is sorted: the outcome of each record (None: not yet), what is rejected, what is new."""

    outcomes: list[Outcome | None]
    refused: list[tuple[Record, RejectedEvent]] = field(default_factory=list)
    fresh: list[tuple[int, Event]] = field(default_factory=list)  # index of the record, event
    locked: frozenset[str] = frozenset()  # the regions that this transaction may number in


def decode_or_reject(record: Record) -> Event | RejectedEvent:
    """The event, or why the record is rejected."""
    try:
        return decode(record)
    except RejectedEvent as error:
        return error


def refuse_future(event: Event | RejectedEvent, now: datetime) -> Event | RejectedEvent:
    """The event, or a rejection when its moment lies too far ahead of our clock."""
    if isinstance(event, Event):
        try:
            check_moment(event, now)
        except RejectedEvent as error:
            return error
    return event


def refuse_contradicting(event: Event | RejectedEvent) -> Event | RejectedEvent:
    """The event, or a rejection when it is a policy whose limits contradict each other."""
    if not isinstance(event, Event) or not isinstance(event.payload, PolicyChanged):
        return event
    fields = list_contradicting(event.payload)
    return RejectedEvent(Refusal.INVALID_PAYLOAD, fields) if fields else event


def decode_submission(submission: Submission) -> Sequence[Event | RejectedEvent]:
    """What its records say; decoded now, unless that was done before."""
    if submission.decoded is not None:
        return submission.decoded
    return [decode_or_reject(record) for record in submission.records]


async def sort_out(
    tx: "Connection",
    submissions: Sequence[Submission],
    decoded: Sequence[Event | RejectedEvent],
    now: datetime,
) -> Sorted:
    """Tell new from duplicate from rejected, also within the batch.

    The regions of the batch, and those where its people are registered or have an appointment, are locked from here
    on: two transactions with the same event would else both find it new, and a fact about a person could not change
    the other regions that it concerns.
    """
    batch = Sorted([None] * len(decoded))
    records = [record for submission in submissions for record in submission.records]
    possible = [refuse_contradicting(refuse_future(one, now)) for one in decoded]
    judged = await refuse_too_young(tx, possible)
    judged = await refuse_foreign(tx, records, judged)
    events = await place_in_regions(tx, records, judged)
    good = [event for event in events if isinstance(event, Event)]
    known: dict[Key, Known] = {}
    if good:
        regions = {event.envelope.region for event in good}
        people = list_people(submissions, good) | await list_corrected(tx, good)
        batch.locked = await lock_with_people(tx, regions, people)
        known = await ledger.find_known(tx, good)
    digests = {key: before.digest for key, before in known.items()}
    at = 0
    for submission in submissions:
        if len(submission.records) == 1:
            judge_one(batch, at, submission.records[0], events[at], digests)
        else:
            judge(batch, list(enumerate(submission.records, at)), events, digests)
        at += len(submission.records)
    if known:
        note_known(batch, events, known)
    return batch


def list_people(submissions: Sequence[Submission], events: Sequence[Event]) -> set[UUID]:
    """Lists the people that the facts of a batch are about, and those whom its plans would book."""
    people = {getattr(event.payload, "person_id", None) for event in events}
    for submission in submissions:
        if submission.plan_record is not None:
            for visit in submission.plan_record.assignments:
                people.update(person.person_id for person in visit.persons)
    return {person for person in people if person is not None}


async def list_corrected(tx: "Connection", events: Sequence[Event]) -> set[UUID]:
    """Lists whom corrections name that waited for one of these facts: it may take them off a plan."""
    doses = [key_of(event) for event in events if isinstance(event.payload, OF_DOSES)]
    return {person for _, person in await find_corrected_people(tx, doses)} if doses else set()


def note_known(
    batch: Sorted, events: Sequence[Event | RejectedEvent], known: Mapping[Key, Known]
) -> None:
    """Answer a duplicate with its place in the ledger, unless it was rejected."""
    for index, event in enumerate(events):
        if isinstance(event, Event) and (before := known.get(key_of(event))):
            batch.outcomes[index] = batch.outcomes[index] or Outcome(
                Status.DUPLICATE, before.region, before.seq
            )


def judge_one(
    batch: Sorted,
    index: int,
    record: Record,
    event: Event | RejectedEvent,
    digests: dict[Key, bytes],
) -> None:
    """As `judge`, of a submission of one record: nearly all are, and it saves the tables of `judge` (docs/speed.md)."""
    if isinstance(event, RejectedEvent):
        refuse(batch, index, record, event)
        return
    key = key_of(event)
    before = digests.get(key)
    if before is None:
        digests[key] = event.digest
        batch.fresh.append((index, event))
    elif before != event.digest:
        refuse(batch, index, record, RejectedEvent(Refusal.ID_REUSED, ("id",)))


def judge(
    batch: Sorted,
    part: Sequence[tuple[int, Record]],
    events: Sequence[Event | RejectedEvent],
    digests: dict[Key, bytes],
) -> None:
    """Sort one submission, which is new as a whole or rejected as a whole; adds to `digests`, by key, of known events."""
    said: dict[Key, bytes] = {}
    fresh: list[tuple[int, Event]] = []
    reused = RejectedEvent(Refusal.ID_REUSED, ("id",))
    errors: dict[int, RejectedEvent] = {}
    for index, _ in part:
        event = events[index]
        if isinstance(event, RejectedEvent):
            errors[index] = event
            continue
        key = key_of(event)
        before = digests.get(key) or said.get(key)
        if before is None:
            said[key] = event.digest
            fresh.append((index, event))
        elif before != event.digest:
            errors[index] = reused
    if errors:
        spoilt = next(iter(errors.values()))
        others = [index for index, _ in part if index not in errors]
        errors |= {index: spoilt for index in others if is_among(events[index], said)}
    else:
        batch.fresh += fresh
        digests |= said
    for index, record in part:
        if (error := errors.get(index)) is not None:
            refuse(batch, index, record, error)


def is_among(event: Event | RejectedEvent, said: Mapping[Key, bytes]) -> bool:
    """Whether this is one of the events with these keys, or a copy of one."""
    return isinstance(event, Event) and key_of(event) in said


def key_of(event: Event) -> Key:
    """Source and id, which identify an event for ever (CloudEvents 1.0, attribute `id`)."""
    return event.envelope.source, event.envelope.id


def refuse(batch: Sorted, index: int, record: Record, error: RejectedEvent) -> None:
    """Note a rejection; the record goes to the quarantine."""
    batch.outcomes[index] = Outcome(Status.REJECTED, reason=error.reason, fields=error.fields)
    batch.refused.append((record, error))


async def place_in_regions(
    tx: "Connection", records: Sequence[Record], decoded: Sequence[Event | RejectedEvent]
) -> list[Event | RejectedEvent]:
    """Put each event into the region of its location where that is known, else leave it in the sender's.

    A practice has patients across the border of its region, and a team of the other one goes there. Only an event
    about the location itself needs rights in that region.
    """
    locations = [location_of(event) for event in decoded]
    if not (named := set(locations) - {None}):
        return list(decoded)
    if not (regions := await ledger.find_regions_of_locations(tx, list(named))):
        return list(decoded)
    placed: list[Event | RejectedEvent] = []
    for record, event, location in zip(records, decoded, locations, strict=True):
        region = regions.get(location)
        if region is None or isinstance(event, RejectedEvent) or region == event.envelope.region:
            placed.append(event)
        elif is_about_location(event) and region not in record.system.regions:
            placed.append(RejectedEvent(Refusal.REGION_NOT_ALLOWED, ("location_id",)))
        else:
            placed.append(replace(event, envelope=replace(event.envelope, region=region)))
    return placed


def is_about_location(event: Event) -> bool:
    """Whether the event is about a location itself, not about a person who lives there."""
    return CATALOGUE[event.envelope.type].senders == PLACE


def location_of(event: Event | RejectedEvent) -> object | None:
    """The location that decides the region of the event, if any."""
    if isinstance(event, RejectedEvent) or event.envelope.type not in BY_LOCATION:
        return None
    return getattr(event.payload, "location_id", None)


def resolve_copies(
    outcomes: Sequence[Outcome | None], decoded: Sequence[Event | RejectedEvent]
) -> list[Outcome]:
    """The outcomes of all records: a copy within the batch is a duplicate of the first of its kind."""
    if None not in outcomes:
        return [outcome for outcome in outcomes if outcome is not None]
    places: dict[Key, Outcome] = {}
    for outcome, event in zip(outcomes, decoded, strict=True):
        if isinstance(event, Event) and outcome is not None and outcome.status is Status.ACCEPTED:
            places[key_of(event)] = outcome
    resolved = []
    for outcome, event in zip(outcomes, decoded, strict=True):
        if outcome is None:
            assert isinstance(event, Event)
            first = places[key_of(event)]
            outcome = Outcome(Status.DUPLICATE, first.region, first.seq)
        resolved.append(outcome)
    return resolved
