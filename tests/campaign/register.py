"""What the people of a played region know themselves: who is registered where, who answered, who had which dose."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from events.local_time import to_local_date
from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    ConsentSubject,
    PatientRegistered,
    PatientWithdrawn,
)
from events.visits import DoseAdministered, DoseCorrected, DoseRetracted
from services.sending import SenderEvent


@dataclass(slots=True)
class Register:
    """The sum of what was said of people, in the order in which it was said; corrections included."""

    registered: dict[UUID, PatientRegistered] = field(default_factory=dict)
    answers: dict[UUID, list[ConsentRecorded]] = field(default_factory=dict)
    doses: dict[tuple[str, str], tuple[UUID, date] | None] = field(default_factory=dict)  # by event
    gone: set[UUID] = field(default_factory=set)
    first: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # of corrections

    @property
    def given(self) -> dict[UUID, set[date]]:
        """The days of the doses that each person had."""
        found: dict[UUID, set[date]] = {}
        for person, day in filter(None, self.doses.values()):
            found.setdefault(person, set()).add(day)
        return found

    def hear(self, said: Iterable[SenderEvent]) -> None:
        """Take in what was said."""
        for one in said:
            match payload := one.payload:
                case PatientRegistered():
                    self.registered[payload.person_id] = payload
                case PatientWithdrawn():
                    self.gone.add(payload.person_id)
                case ConsentRecorded(subject=ConsentSubject.TREATMENT):
                    self.answers.setdefault(payload.person_id, []).append(payload)
                case DoseAdministered():
                    key = (one.envelope.source, one.id)
                    self.doses[key] = payload.person_id, to_local_date(payload.given_at)
                case DoseCorrected() | DoseRetracted():
                    named = (payload.of_source, payload.of_id)
                    key = self.first.get(named, named)
                    self.first[one.envelope.source, one.id] = key
                    self.doses[key] = (
                        (payload.person_id, to_local_date(payload.given_at))
                        if isinstance(payload, DoseCorrected)
                        else None
                    )
                case _:
                    pass

    def consenting(self, doses: int) -> Iterator[PatientRegistered]:
        """Who said yes and nothing else, and had so many doses; in order of identity."""
        given = self.given
        for person, patient in sorted(self.registered.items()):
            said = {answer.status for answer in self.answers.get(person, ())}
            had = len(given.get(person, ()))
            if said == {ConsentStatus.GIVEN} and had == doses and person not in self.gone:
                yield patient

    def silent(self) -> Iterator[PatientRegistered]:
        """Who was never asked, or whose answer nobody recorded."""
        for person, patient in sorted(self.registered.items()):
            if person not in self.answers and person not in self.gone:
                yield patient
