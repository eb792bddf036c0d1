"""What the senders of a run say: facts drawn by a seeded generator, and poison."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from events.cloudevents import MAX_BYTES
from events.codec import encode, to_event
from events.envelope import Sender
from events.identifiers import Payload, to_source
from events.location import OutbreakDeclared, OutbreakLifted, VisitWithdrawn
from events.practice import (
    ConsentStatus,
    PatientChanged,
    PatientWithdrawn,
    SpecialNeed,
    WithdrawalReason,
)
from events.supply import StockCounted, StockMove, StockMoved
from events.teams import ShiftChanged
from events.visits import (
    DoseCorrected,
    DoseRetracted,
    DoseWasted,
    NotGiven,
    TeamUnavailable,
    VisitCompleted,
    VisitStarted,
    WasteReason,
)
from services.sending import TOPICS
from tests.facts import NOW, a_consent, a_crisis, a_dose, a_patient, a_shift, not_given, uid
from tests.faults.journal import Offered
from tests.faults.seeding import DAYS, LOTS, Place, Said
from tests.faults.slips import Moments, Slips

SLIPS = 0.06  # of what is said begins one; each is some facts
POISON = (
    b"not json at all",
    b"\x00\xff\xfe\x00",
    b"{}",
    b'{"specversion":"1.0"}',
    b"",
    b"[1,2,3]",
    b'{"specversion":"1.0","id":"x","source":"urn:nld:prikploeg:x","type":"no.such.v1","data":{}}',
)


@dataclass
class Speech:
    """Draws what is said next; the same seed says the same."""

    random: Random
    places: list[Place]
    moments: Moments
    number: int = 0
    waiting: list[Offered] = field(default_factory=list)  # the rest of a slip

    def __post_init__(self) -> None:
        self.slips = Slips(self.random, self.places)

    def offered(self, said: Said, source: str = "load", moment: datetime | None = None) -> Offered:
        """A fact as a structured record with an id that was never used."""
        self.number += 1
        name = to_source(said.sender, source)
        return record_of(said, f"{source}-{self.number}", name, moment or self.moments.next())

    def next(self) -> Offered:
        """A fact of any sender."""
        if self.waiting:
            return self.waiting.pop(0)
        place = self.random.choice(self.places)
        if self.random.random() < SLIPS:
            self.waiting = self.slip(place)
            return self.next()
        kinds = (self.patient, self.consent, self.dose, self.team, self.supply, self.post)
        (kind,) = self.random.choices(kinds, weights=(4, 3, 4, 1, 2, 0.4))
        said = kind(place)
        offered = self.offered(said)
        self.slips.note(offered.key, place, said)
        return offered

    def slip(self, place: Place) -> list[Offered]:
        """What belongs to one slip, each at its moment."""
        found: list[Offered] = []
        moment = self.moments.next()
        for said, after in self.slips.next(place):
            moment = self.moments.next() if after is None else moment + after
            offered = self.offered(said, moment=moment)
            found.append(offered)
            if isinstance(said.payload, DoseCorrected | DoseRetracted):
                self.slips.note(offered.key, place, said)
        return found

    def said(self, place: Place, sender: Sender, payload: Payload) -> Said:
        return Said(place.region, payload, sender)

    def patient(self, place: Place) -> Said:
        """The same few people again and again, so that plans change and order matters."""
        who = self.random.choice(place.persons)
        where = self.random.choice(place.locations)
        keys = {"person_id": who, "campaign_id": uid("corona"), "practice_id": place.practice}
        needs = frozenset(self.random.sample(list(SpecialNeed), self.random.random() < 0.3))
        choice = self.random.random()
        if choice < 0.5:
            payload: Payload = a_patient(**keys, location_id=where, needs=needs)
        elif choice < 0.9:
            payload = PatientChanged(**keys, location_id=where, needs=needs)
        else:
            payload = PatientWithdrawn(**keys, location_id=where, reason=WithdrawalReason.MOVED)
        return self.said(place, Sender.PRACTICE, payload)

    def consent(self, place: Place) -> Said:
        """Mostly given; sometimes taken back."""
        status = ConsentStatus.GIVEN if self.random.random() < 0.8 else ConsentStatus.REFUSED
        payload = a_consent(
            person_id=self.random.choice(place.persons),
            location_id=self.random.choice(place.locations),
            practice_id=place.practice,
            status=status,
        )
        return self.said(place, Sender.PRACTICE, payload)

    def dose(self, place: Place) -> Said:
        """Doses at the arm, of people whom nobody planned; waste; people who were not there."""
        about = {
            "campaign_id": uid("corona"),
            "location_id": self.random.choice(place.locations),
            "visit_id": place.uid(f"road {self.random.randrange(40)}"),
            "team_id": self.random.choice(place.teams),
        }
        stock = {"product_id": "moderna", "lot": self.random.choice(LOTS), "depot_id": place.post}
        choice = self.random.random()
        if choice < 0.8:
            who = f"{place.region} passer {self.number}"
            payload: Payload = a_dose(who, **about, **stock)
        elif choice < 0.9:
            one = self.random.choice(
                place.persons
            )  # seldom: a dose that was not given is planned later
            who = one if self.random.random() < 0.05 else place.uid(f"passer {self.number}")
            reason = self.random.choice((NotGiven.ABSENT, NotGiven.REFUSED))
            payload = not_given(person_id=who, reason=reason, noted_at=self.moments.next(), **about)
        else:
            payload = DoseWasted(
                **stock, doses=self.random.randint(1, 3), reason=WasteReason.BROKEN, wasted_at=NOW
            )
        return self.said(place, Sender.TEAM, payload)

    def team(self, place: Place) -> Said:
        """Visits on the road, and crises that come and go."""
        visit, team = (
            place.uid(f"road {self.random.randrange(40)}"),
            self.random.choice(place.teams),
        )
        crisis = place.uid(f"crisis {self.random.randrange(4)}")
        where = self.random.choice(place.locations)
        return self.random.choice(
            [
                self.said(
                    place,
                    Sender.TEAM,
                    VisitStarted(visit_id=visit, team_id=team, started_at=NOW),
                ),
                self.said(
                    place,
                    Sender.TEAM,
                    VisitCompleted(visit_id=visit, team_id=team, completed_at=NOW),
                ),
                self.said(place, Sender.GGD, a_crisis(visit_id=crisis, location_id=where)),
                self.said(place, Sender.GGD, VisitWithdrawn(visit_id=crisis, location_id=where)),
                self.said(place, Sender.GGD, OutbreakDeclared(location_id=where)),
                *[self.said(place, Sender.GGD, OutbreakLifted(location_id=where))] * 2,
            ]
        )

    def supply(self, place: Place) -> Said:
        """Doses that come in, go elsewhere and are counted."""
        lot, doses = self.random.choice(LOTS), self.random.randint(1, 20)
        stock = {"product_id": "moderna", "lot": lot, "doses": doses}
        choice = self.random.random()
        if choice < 0.6:
            payload: Payload = place.delivery(str(self.number), lot, doses)
        elif choice < 0.9:
            other = self.random.choice([None, place.uid("fridge")])
            reason = StockMove.LOSS if other is None else StockMove.TRANSFER
            payload = StockMoved(
                **stock, from_depot_id=place.post, to_depot_id=other, reason=reason
            )
        else:
            payload = StockCounted(**stock, depot_id=place.post, counted_at=NOW)
        return self.said(place, Sender.GGD, payload)

    def post(self, place: Place) -> Said:
        """A roster that changes."""
        n, day = self.random.randrange(2), self.random.choice(DAYS)
        team = place.teams[n]
        if self.random.random() < 0.7:
            shift = a_shift(
                f"{place.region} shift {n} {day}",
                day,
                team_id=team,
                depot_id=place.post,
                capacity=self.random.randint(40, 120),
            )
            return self.said(place, Sender.HAP, ShiftChanged(**shift.model_dump()))
        # One team and the later days alone: absences add up, and somebody must be left to plan with.
        begins = NOW + timedelta(hours=self.random.randrange(48, 72))
        gone = TeamUnavailable(
            team_id=place.teams[0], begins_at=begins, ends_at=begins + timedelta(hours=2)
        )
        return self.said(place, Sender.HAP, gone)

    def poison(self) -> Offered:
        """A record that nobody can accept."""
        sender = self.random.choice(list(TOPICS))
        region = self.random.choice(self.places).region
        self.number += 1
        kinds = [*POISON, self.foreign(sender), b'{"x":"' + b"x" * MAX_BYTES + b'"}']
        weights = [4] * (len(kinds) - 1) + [0.2]
        (value,) = self.random.choices(kinds, weights=weights)
        return Offered(TOPICS[sender], region, value)

    def foreign(self, sender: Sender) -> bytes:
        """A good fact in the name of somebody who may not say it here."""
        said = self.patient(self.random.choice(self.places))
        wrong = record_of(said, f"foreign-{self.number}", to_source("nobody", sender), NOW)
        return wrong.value


def record_of(said: Said, event_id: str, source: str, moment: datetime) -> Offered:
    """A structured CloudEvent on the topic of its sender."""
    event = to_event(event_id, source, moment, said.region, said.payload)
    value, _ = encode(event.envelope, event.body)
    assert json.loads(value)["id"] == event_id
    return Offered(
        TOPICS[said.sender], said.region, value, (source, event_id), said.payload, said.sender
    )
