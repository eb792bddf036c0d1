"""Records, plans and small regions for tests, made of the facts in `tests.facts`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from events.catalogue import CATALOGUE, TYPE_OF, RegionFrom
from events.codec import encode, to_event
from events.envelope import Record, Sender, System
from events.identifiers import NATIONAL, Payload, Point
from events.organisations import DecisionRecorded, OrganisationKind
from events.plans import VisitAssigned
from events.teams import (
    CrewRole,
)
from events.visits import DoseCorrected, DoseRetracted
from infra.postgres.database import Database
from services.accept.accept import accept
from services.accept.submission import Outcome, PlanRecord, Submission
from services.commands.connecting import exercise_systems
from tests.facts import (
    NOW,
    a_campaign,
    a_certificate,
    a_consent,
    a_delivery,
    a_location,
    a_patient,
    a_product,
    a_proposal,
    a_shift,
    a_team,
    an_order,
    an_organisation,
    uid,
)

REGION, OTHER_REGION = "GG2514", "GG0111"
PLANS = System("system", Sender.SYSTEM, ("urn:nld:prikploeg:system",), frozenset({REGION}))


@dataclass
class ClockAt:
    """A clock that stands still until it is set."""

    at: datetime = NOW
    seconds: float = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds


# --- records: facts as systems send them ---


def systems(region: str = REGION) -> dict[Sender, System]:
    """One system of each sender, and our own."""
    own = System("system", Sender.SYSTEM, PLANS.sources, frozenset({region}))
    return {system.sender: system for system in exercise_systems(region)} | {Sender.SYSTEM: own}


def system_of(senders: frozenset[Sender], region: str = REGION) -> System:
    """A system of one of these senders: a practice only where nobody else may, for it speaks of its own alone."""
    known = systems(region)
    return known[min(senders & known.keys(), key=lambda one: (one is Sender.PRACTICE, one.value))]


def system_for(payload: Payload, region: str = REGION) -> System:
    """A system that may say this; where several may, none whose right depends on whom or what it is about."""
    senders = CATALOGUE[TYPE_OF[type(payload)]].senders
    if isinstance(payload, DecisionRecorded | DoseCorrected | DoseRetracted):
        senders -= {Sender.PRACTICE}
    return next(system for sender, system in systems(region).items() if sender in senders)


@dataclass
class Numbers:
    """Counts up, so that every record that does not ask for an id has its own."""

    last: int = 0

    def next(self) -> int:
        self.last += 1
        return self.last


NUMBERS = Numbers()


def a_record(
    payload: Payload,
    event_id: str | None = None,
    region: str = REGION,
    system: System | None = None,
    time: datetime | None = None,
    **place: Any,
) -> Record:
    """A structured record as the usual sender of this payload sends it; without a time the order of numbers counts."""
    by = system or system_for(payload, region)
    entry = CATALOGUE[TYPE_OF[type(payload)]]
    spoken_for = NATIONAL if entry.region_from is RegionFrom.NATIONAL else region
    source = by.sources[0] + ("" if by.sender is Sender.SYSTEM else "test")
    event = to_event(event_id or f"e{NUMBERS.next()}", source, time, spoken_for, payload)
    value, headers = encode(event.envelope, event.body)
    return Record(by, value, dict(headers), **place)


def a_raw(value: bytes | None, sender: Sender = Sender.PRACTICE, **headers: bytes) -> Record:
    """A record with these bytes."""
    return Record(systems()[sender], value, headers)


def changed(record: Record, **attributes: Any) -> Record:
    """The record with other context attributes; None takes one away."""
    whole = json.loads(record.value or b"")
    whole |= attributes
    kept = {name: value for name, value in whole.items() if value is not None}
    return Record(record.system, json.dumps(kept).encode())


async def say(
    database: Database,
    *payloads: Payload | Record | Submission,
    now: datetime = NOW,
    region: str = REGION,
) -> list[Outcome]:
    """Offer these together, each on its own feet, in one batch."""
    offered = [
        one
        if isinstance(one, Submission)
        else Submission((one if isinstance(one, Record) else a_record(one, region=region),))
        for one in payloads
    ]
    return await accept(database, offered, now)


def a_plan(
    name: str,
    as_of: tuple[int, int],
    *assignments: VisitAssigned,
    from_at: datetime = NOW,
    **changes: Any,
) -> Submission:
    """A proposal with its record, as the planner offers it."""
    proposal = a_proposal(name, as_of, **changes)
    told = tuple(one.model_copy(update={"plan_id": uid(name)}) for one in assignments)
    return Submission(
        (a_record(proposal, system=PLANS),),
        PlanRecord(proposal.hash, REGION, from_at, b"record of " + name.encode(), told, ()),
    )


# --- a small region ---


@dataclass
class SmallRegion:
    """What a region of one post, one team and two institutions says, in a good order."""

    people: int = 8
    days: Sequence[date] = (date(2021, 2, 16), date(2021, 2, 17))
    product: str = "moderna"
    locations: Sequence[str] = field(default=("wilg", "eik"))

    def places(self) -> list[Payload]:
        second = Point(lat=52.06, lon=5.16)
        return [
            an_organisation(),
            an_organisation("practice", kind=OrganisationKind.PRACTICE, point=None),
            *(
                a_location(name, **({"point": second} if n else {}))
                for n, name in enumerate(self.locations)
            ),
        ]

    def supply(self) -> list[Payload]:
        return [a_product(self.product), a_campaign(products=(self.product,)), a_delivery()]

    def crews(self) -> list[Payload]:
        return [
            a_team(),
            an_order(self.product),
            a_certificate(CrewRole.DOCTOR),
            a_certificate(CrewRole.NURSE),
            *(a_shift(f"shift {day}", day) for day in self.days),
        ]

    def patients(self) -> list[Payload]:
        said: list[Payload] = []
        for n in range(self.people):
            place = uid(self.locations[n % len(self.locations)])
            said += [
                a_patient(f"p{n}", location_id=place),
                a_consent(f"p{n}", location_id=place),
            ]
        return said

    def all(self) -> list[Payload]:
        return [*self.places(), *self.supply(), *self.crews(), *self.patients()]
