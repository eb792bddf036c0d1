"""What the people of a played region know themselves: who is registered where, who answered, who had which dose."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from events.identifiers import Payload
from events.local_time import to_local_date
from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    ConsentSubject,
    PatientRegistered,
    PatientWithdrawn,
)
from events.visits import DoseAdministered


@dataclass(slots=True)
class Register:
    """The sum of what was said of people, in the order in which it was said."""

    registered: dict[UUID, PatientRegistered] = field(default_factory=dict)
    answers: dict[UUID, list[ConsentRecorded]] = field(default_factory=dict)
    given: dict[UUID, list[date]] = field(default_factory=dict)  # days of the doses
    gone: set[UUID] = field(default_factory=set)

    def hear(self, payloads: Iterable[Payload]) -> None:
        """Take in what was said."""
        for payload in payloads:
            match payload:
                case PatientRegistered():
                    self.registered[payload.person_id] = payload
                case PatientWithdrawn():
                    self.gone.add(payload.person_id)
                case ConsentRecorded(subject=ConsentSubject.TREATMENT):
                    self.answers.setdefault(payload.person_id, []).append(payload)
                case DoseAdministered():
                    day = to_local_date(payload.given_at)
                    self.given.setdefault(payload.person_id, []).append(day)
                case _:
                    pass

    def consenting(self, doses: int) -> Iterator[PatientRegistered]:
        """Who said yes and nothing else, and had so many doses; in order of identity."""
        for person, patient in sorted(self.registered.items()):
            said = {answer.status for answer in self.answers.get(person, ())}
            had = len(self.given.get(person, ()))
            if said == {ConsentStatus.GIVEN} and had == doses and person not in self.gone:
                yield patient

    def silent(self) -> Iterator[PatientRegistered]:
        """Who was never asked, or whose answer nobody recorded."""
        for person, patient in sorted(self.registered.items()):
            if person not in self.answers and person not in self.gone:
                yield patient
