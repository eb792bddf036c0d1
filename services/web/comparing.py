"""Compares a row of a list with what its practice said before: what is new, what differs, and the events that say so.

The dry run and the storing both ask this function, so that the one promises what the other does. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from events.identifiers import Payload
from events.practice import (
    AssessmentRecorded,
    ConsentRecorded,
    ConsentSubject,
    Indication,
    PatientRegistered,
    SpecialNeed,
)
from infra.identity import derived_id
from infra.postgres.pages.own_facts import AssessmentRow, ConsentRow, RegistrationRow
from infra.postgres.placing import Identified, Told
from services.accept.submission import OwnEvent
from services.importing.layout import Row

CONSENT_COLUMN: Final = {
    ConsentSubject.TREATMENT: "consent",
    ConsentSubject.REGISTER: "register_consent",
}


class What(StrEnum):
    """What a row comes to."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"
    DOUBTFUL = (
        "doubtful"  # stored with a question to the practice, and not planned until it is answered
    )
    WRONG = "wrong"


@dataclass(slots=True)
class Standing:
    """What a practice said of one person in one campaign, with what the rows before say."""

    registration: RegistrationRow | None = None
    consents: dict[str, ConsentRow] = field(default_factory=dict)
    assessment: AssessmentRow | None = None

    @property
    def is_registered(self) -> bool:
        """Whether the practice has them on its list now."""
        return self.registration is not None and self.registration.live


@dataclass(frozen=True, slots=True)
class Compared:
    """What a row comes to, the columns in which it differs, and the events that follow from that."""

    what: What
    changes: tuple[str, ...] = ()
    events: tuple[OwnEvent, ...] = ()


def gather(
    registrations: Iterable[RegistrationRow],
    consents: Iterable[ConsentRow],
    assessments: Iterable[AssessmentRow],
) -> dict[UUID, Standing]:
    """What was said before, by person."""
    found: dict[UUID, Standing] = {}
    for row in registrations:
        found.setdefault(row.person, Standing()).registration = row
    for answer in consents:
        found.setdefault(answer.person, Standing()).consents[answer.subject] = answer
    for judged in assessments:
        found.setdefault(judged.person, Standing()).assessment = judged
    return found


def compare(
    row: Row,
    payloads: Sequence[Payload],
    identified: Identified,
    standing: Standing,
    now: datetime,
) -> Compared:
    """What a row comes to. `standing` is as it will be once the events are stored."""
    was_registered = standing.is_registered
    changes: list[str] = [] if not was_registered else list(identified.changed)
    events: list[OwnEvent] = []
    for payload in payloads:
        said = say(row, payload, standing, changes)
        if said is not None:
            events.append(said_at(said, standing, now))
    if identified.told is Told.QUESTION and not was_registered:
        what = What.DOUBTFUL
    elif not was_registered:
        what, changes = What.NEW, []
    else:
        what = What.CHANGED if changes else What.KNOWN
    return Compared(what, tuple(dict.fromkeys(changes)), tuple(events))


def say(row: Row, payload: Payload, standing: Standing, changes: list[str]) -> Payload | None:
    """The payload when it is news, with what the row leaves open as it was said before; None when nothing is new."""
    if isinstance(payload, PatientRegistered):
        return say_registered(row, payload, standing, changes)
    if isinstance(payload, ConsentRecorded):
        return say_consent(row, payload, standing, changes)
    assert isinstance(payload, AssessmentRecorded)
    return say_assessed(row, payload, standing, changes)


def say_registered(
    row: Row, said: PatientRegistered, standing: Standing, changes: list[str]
) -> Payload | None:
    """A registration: of somebody who is not on the list, or of who differs from it."""
    before = standing.registration
    if before is None or not before.live:
        return said
    now = said.model_copy(
        update={
            "indication": said.indication
            if row.has("indication")
            else Indication(before.indication),
            "needs": said.needs if row.has("needs") else frozenset(map(SpecialNeed, before.needs)),
        }
    )
    differs = {
        "institution": now.location_id != before.location,
        "birth_date": now.birth_year != before.birth_year,
        "indication": now.indication != before.indication,
        "needs": {need.value for need in now.needs} != before.needs,
    }
    changes += [column for column, is_other in differs.items() if is_other]
    return now if any(differs.values()) else None


def say_consent(
    row: Row, said: ConsentRecorded, standing: Standing, changes: list[str]
) -> Payload | None:
    """An answer: the first on its subject, or another than the last. Who gave it and how may be left open."""
    before = standing.consents.get(said.subject)
    column = CONSENT_COLUMN[said.subject]
    if before is None or said.status != before.status:
        changes.append(column)
        return said
    differs = {
        "consent_by": row.has("consent_by") and said.given_by != before.given_by,
        "consent_form": row.has("consent_form") and said.form != before.form,
    }
    changes += [name for name, is_other in differs.items() if is_other]
    return said if any(differs.values()) else None


def say_assessed(
    row: Row, said: AssessmentRecorded, standing: Standing, changes: list[str]
) -> Payload | None:
    """A judgement: the first, or another than the last."""
    before = standing.assessment
    differs = {
        "judgement": before is None or said.judgement != before.judgement,
        "not_before": row.has("not_before")
        and (before is None or said.not_before != before.not_before),
        "observation_minutes": row.has("observation_minutes")
        and (before is None or said.observation_minutes != before.observation_minutes),
    }
    changes += [name for name, is_other in differs.items() if is_other]
    if not any(differs.values()):
        return None
    if before is None or differs["judgement"]:
        return said
    kept = {
        name: getattr(before, name)
        for name in ("not_before", "observation_minutes")
        if not row.has(name)
    }
    return said.model_copy(update=kept)


def said_at(said: Payload, standing: Standing, now: datetime) -> OwnEvent:
    """The event, whose id follows from what it says and from what it follows: said twice, it is stored once."""
    body = said.model_dump(mode="json")
    words = " ".join(f"{k}={sorted(v) if isinstance(v, list) else v}" for k, v in body.items())
    after = ""
    if isinstance(said, PatientRegistered):
        after = standing.registration.after if standing.registration else ""
    elif isinstance(said, ConsentRecorded):
        before = standing.consents.get(said.subject)
        after = before.after if before else ""
    elif isinstance(said, AssessmentRecorded):
        after = standing.assessment.after if standing.assessment else ""
    identity = str(derived_id("list", type(said).__name__, words, after))
    note(said, standing, identity)
    return OwnEvent(identity, now, said)


def note(said: Payload, standing: Standing, identity: str) -> None:
    """What is known once this is stored."""
    if isinstance(said, PatientRegistered):
        standing.registration = RegistrationRow(
            said.person_id,
            said.location_id,
            said.birth_year,
            said.indication.value,
            frozenset(need.value for need in said.needs),
            live=True,
            after=identity,
        )
    elif isinstance(said, ConsentRecorded):
        standing.consents[said.subject] = ConsentRow(
            said.person_id, said.subject, said.status, said.given_by, said.form, identity
        )
    elif isinstance(said, AssessmentRecorded):
        standing.assessment = AssessmentRow(
            said.person_id, said.judgement, said.not_before, said.observation_minutes, identity
        )


def count(found: Mapping[int, Compared]) -> dict[What, int]:
    """How many rows came to what."""
    counts = dict.fromkeys(What, 0)
    for one in found.values():
        counts[one.what] += 1
    return counts


def to_wrong(one: Compared) -> Compared:
    """The row as one that was not taken after all."""
    return replace(one, what=What.WRONG, events=())
