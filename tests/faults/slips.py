"""What people say wrongly and say again: doubled, late, corrected, corrected once more, contradicted, in two regions at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from events.envelope import Sender
from events.identifiers import Payload, PersonId
from events.practice import ConsentStatus, PatientWithdrawn, WithdrawalReason
from events.visits import DoseAdministered, DoseCorrected, DoseRetracted
from tests.facts import (
    DONE,
    NOW,
    a_consent,
    a_correction,
    a_dose,
    a_patient,
    a_retraction,
    uid,
)
from tests.faults.journal import Key
from tests.faults.seeding import LOTS, Place, Said

BEGAN = NOW - timedelta(days=20)  # long before any of it is accepted
LATE_SHARE = 0.08  # of all facts are of hours before; they arrive after newer ones
KEPT = 400  # of what was said, to be said again
OfDose = DoseAdministered | DoseCorrected | DoseRetracted


@dataclass
class Moments:
    """The clock of all senders of a run: each fact has a moment of its own, some of them long past."""

    random: Random
    seconds: int = 0

    def next(self) -> datetime:
        """A second later than any before; for a late fact a moment between two seconds of hours before."""
        self.seconds += 1
        moment = BEGAN + timedelta(seconds=self.seconds)
        if self.random.random() < LATE_SHARE:
            moment -= timedelta(seconds=self.random.randrange(600) + 0.5, microseconds=self.seconds)
        return moment


@dataclass
class Slips:
    """Draws what is said again or otherwise about things that were said, several facts at a time."""

    random: Random
    places: list[Place]
    doses: list[tuple[Key, Place, OfDose]] = field(default_factory=list)
    earlier: list[Said] = field(default_factory=list)
    number: int = 0

    def note(self, key: Key | None, place: Place, said: Said) -> None:
        """Remember what was said."""
        if key is not None and isinstance(said.payload, OfDose):
            self.doses.append((key, place, said.payload))
            del self.doses[:-KEPT]
        self.earlier.append(said)
        del self.earlier[:-KEPT]

    def next(self, place: Place) -> Iterator[tuple[Said, timedelta | None]]:
        """Facts in the order in which they are said; a distance: so long after the one before, else at a moment of its own."""
        self.number += 1
        kinds: list[Callable[[Place], Iterator[tuple[Said, timedelta | None]]]] = [
            self.say_again,
            self.correct,
            self.contradict_answer,
            self.contradict_dose,
            self.move,
            self.die,
            self.stop_one,
        ]
        return self.random.choice(kinds)(place)

    def by(self, place: Place, sender: Sender, payload: Payload) -> tuple[Said, None]:
        return Said(place.region, payload, sender), None

    def about(self, place: Place, person: PersonId) -> dict[str, object]:
        return {
            "person_id": person,
            "location_id": self.random.choice(place.locations),
            "practice_id": place.practice,
        }

    def say_again(self, place: Place) -> Iterator[tuple[Said, timedelta | None]]:
        """The same thing under another id: the sender lost its list."""
        mine = [one for one in self.earlier if one.region == place.region]
        if mine:
            yield self.random.choice(mine), None

    def correct(self, place: Place) -> Iterator[tuple[Said, timedelta | None]]:
        """A dose was another lot, then another day, then not given after all.

        What it names is a dose, or a correction of one that was made before.
        """
        mine = [one for one in self.doses if one[1] is place]
        if not mine:
            return
        key, _, dose = self.random.choice(mine)
        same = {"person_id": dose.person_id, "location_id": dose.location_id}
        for _ in range(self.random.randint(1, 3)):
            at = DONE - timedelta(hours=self.random.randrange(1, 20))
            lot = self.random.choice(LOTS)
            yield self.by(place, Sender.TEAM, a_correction(key, **same, lot=lot, given_at=at))
        if self.random.random() < 0.3:
            yield self.by(place, Sender.TEAM, a_retraction(key, **same))

    def contradict_answer(self, place: Place) -> Iterator[tuple[Said, timedelta | None]]:
        """Yes and no at the same moment, as a spreadsheet has it; sometimes a newer answer ends it."""
        same = self.about(place, self.random.choice(place.persons))
        yield self.by(place, Sender.PRACTICE, a_consent(**same))
        refused = a_consent(**same, status=ConsentStatus.REFUSED)
        yield Said(place.region, refused, Sender.PRACTICE), timedelta(0)
        if self.random.random() < 0.7:
            yield self.by(place, Sender.PRACTICE, a_consent(**same))

    def contradict_dose(self, place: Place) -> Iterator[tuple[Said, timedelta | None]]:
        """Two first doses on two days: nobody of the plan, else soon nobody is left to plan."""
        who = f"{place.region} twice {self.number}"
        for hours in (2, 50):
            dose = a_dose(
                who,
                given_at=DONE - timedelta(hours=hours),
                location_id=place.locations[0],
                team_id=place.teams[0],
                visit_id=place.uid(f"road {self.number % 40}"),
                depot_id=place.post,
            )
            yield self.by(place, Sender.TEAM, dose)

    def move(self, place: Place) -> Iterator[tuple[Said, timedelta | None]]:
        """To the other region and perhaps back; one time in three the first practice forgets to withdraw."""
        (other,) = [one for one in self.places if one.region != place.region]
        who = PersonId(place.uid(f"mover {self.random.randrange(10)}"))
        ways = ((place, other), (other, place))
        for left, right in ways if self.random.random() < 0.5 else ways[:1]:
            gone = self.about(left, who)
            if self.random.random() < 0.67:
                yield self.by(left, Sender.PRACTICE, self.withdrawn(gone, WithdrawalReason.MOVED))
            comes = self.about(right, who)
            yield self.by(right, Sender.PRACTICE, a_patient(**comes))
            yield self.by(right, Sender.PRACTICE, a_consent(**comes))

    def die(self, place: Place) -> Iterator[tuple[Said, timedelta | None]]:
        """Somebody of whom nothing was known is registered, says yes, and is dead soon after, or just before."""
        same = self.about(place, PersonId(place.uid(f"mortal {self.number}")))
        yield self.by(place, Sender.PRACTICE, a_patient(**same))
        yield self.by(place, Sender.PRACTICE, a_consent(**same))
        yield self.by(place, Sender.PRACTICE, self.withdrawn(same, WithdrawalReason.DECEASED))

    def stop_one(self, place: Place) -> Iterator[tuple[Said, timedelta | None]]:
        """Somebody who is likely on the list of the day says no, and later yes."""
        same = self.about(place, self.random.choice(place.persons))
        yield self.by(place, Sender.PRACTICE, a_consent(**same, status=ConsentStatus.WITHDRAWN))
        if self.random.random() < 0.8:
            yield self.by(place, Sender.PRACTICE, a_consent(**same))

    def withdrawn(self, same: dict[str, object], reason: WithdrawalReason) -> PatientWithdrawn:
        return PatientWithdrawn.model_validate(
            {**same, "campaign_id": uid("corona"), "reason": reason}
        )
