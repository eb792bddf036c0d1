"""What must hold of people: nobody is planned against a fact about them, and what was given counts once.

Read plainly from the journal of the senders, in the order of the moments that they said; the rules of the product
(`services/care`, the views) are not used, so that a fault there is seen here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from events.identifiers import Payload
from events.location import OutbreakDeclared, OutbreakLifted
from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    ConsentSubject,
    PatientRegistered,
    PatientWithdrawn,
    WithdrawalReason,
)
from events.visits import DoseAdministered, DoseCorrected, DoseNotGiven, DoseRetracted, NotGiven
from tests.faults.journal import Key
from tests.faults.reading import Mark, Owner, few

OVER = timedelta(days=1)  # a visit that is over so long is history, nobody is taken off it
SAYS_NO = {ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN}
AT_THE_DOOR = {NotGiven.REFUSED, NotGiven.RESISTANCE, NotGiven.NO_CONSENT}
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
Fact = tuple[Mark, Payload]
Voice = tuple[UUID, UUID, str]  # person, practice, who gave the answer
OneDose = tuple[UUID, UUID, int, str, date]  # person, campaign, number, lot, local day


@dataclass
class Said:
    """The accepted facts about people and places, sorted out; each list in no order."""

    answers: dict[Voice, list[tuple[Mark, ConsentStatus]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    homes: dict[tuple[UUID, UUID], list[tuple[Mark, WithdrawalReason | None]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # by person and practice; None: registered
    refusals: dict[UUID, list[Mark]] = field(default_factory=lambda: defaultdict(list))
    outbreaks: dict[UUID, list[tuple[Mark, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> "Said":
        said = cls()
        for mark, payload in facts:
            said.note(mark, payload)
        return said

    def note(self, mark: Mark, payload: Payload) -> None:
        match payload:
            case ConsentRecorded() if payload.subject is ConsentSubject.TREATMENT:
                voice = (payload.person_id, payload.practice_id, payload.given_by)
                self.answers[voice].append((mark, payload.status))
            case PatientRegistered():
                self.homes[payload.person_id, payload.practice_id].append((mark, None))
            case PatientWithdrawn():
                home = (payload.person_id, payload.practice_id)
                self.homes[home].append((mark, payload.reason))
            case DoseNotGiven() if payload.reason in AT_THE_DOOR:
                own = min(payload.noted_at, mark.accepted_at)
                self.refusals[payload.person_id].append(replace(mark, moment=own))
            case OutbreakDeclared():
                self.outbreaks[payload.location_id].append((mark, True))
            case OutbreakLifted():
                self.outbreaks[payload.location_id].append((mark, False))
            case _:
                pass

    def forbids(self, person: UUID, location: UUID) -> Iterator[tuple[str, Mark]]:
        """Why this person may not be planned at this place, and the mark of the fact that says so."""
        yield from self.forbids_by_answers(person)
        newest = [newest_of(told) for (one, _), told in self.homes.items() if one == person]
        if newest and all(reason is not None for _, reason in newest):
            yield "is registered nowhere", max(mark for mark, _ in newest)
        for mark, reason in newest:
            if reason is WithdrawalReason.DECEASED:
                yield "is dead", mark
        if location in self.outbreaks:
            mark, is_blocked = newest_of(self.outbreaks[location])
            if is_blocked:
                yield "lives where an outbreak blocks visits", mark

    def forbids_by_answers(self, person: UUID) -> Iterator[tuple[str, Mark]]:
        """No, or yes and no, from somebody whose word counts; or no at the door since the last answer."""
        answered: list[Mark] = []
        for voice, answers in self.answers.items():
            if voice[0] != person or voice[:2] not in self.homes:
                continue  # no word about another's patient
            mark, status = newest_of(answers)
            answered.append(mark)
            if status in SAYS_NO:
                yield f"said {status}", mark
            same = {one for at, one in answers if at.moment == mark.moment and at.is_dated}
            if mark.is_dated and len(same) > 1:
                yield "said yes and no at one moment", mark
        for refusal in self.refusals[person]:
            if not answered or refusal > max(answered):
                yield "refused at the door", refusal


T = TypeVar("T")


def newest_of(said: Iterable[tuple[Mark, T]]) -> tuple[Mark, T]:
    """The newest statement."""
    return max(said, key=lambda one: one[0])


async def nobody_against(tx: Owner, facts: Mapping[Key, Fact]) -> list[str]:
    """No live appointment of somebody who said no, is gone, or lives where visits are blocked."""
    said = Said.of(facts.values())
    rows = await tx.fetch(
        "SELECT a.region, a.person, a.visit, v.location, upper(v.slot) AS ends FROM appointments a"
        " JOIN visits v USING (region, visit) WHERE a.live AND v.live AND v.started_seq = 0"
    )
    broken = [
        f"{row['person']} {why} ({mark}): {row['region']}"
        for row in rows
        for why, mark in said.forbids(row["person"], row["location"])
        if mark.accepted_at - OVER <= row["ends"]
    ]
    return few("planned against a fact", broken)


async def counted_once(tx: Owner, facts: Mapping[Key, Fact]) -> list[str]:
    """The same dose under two ids counts once, a corrected one as corrected last, one taken back not at all."""
    rows = await tx.fetch(
        "SELECT person, campaign, dose_no, lot, at FROM person_doses WHERE outcome = 'given'"
    )
    found = Counter(
        (row["person"], row["campaign"], row["dose_no"], row["lot"], local_day(row["at"]))
        for row in rows
    )
    wanted = doses_said(facts)
    return [
        *few("counted and not given", sorted(map(str, found.keys() - wanted))),
        *few("given and not counted", sorted(map(str, wanted - found.keys()))),
        *few("counted twice", [str(one) for one, count in found.items() if count > 1]),
    ]


def doses_said(facts: Mapping[Key, Fact]) -> set[OneDose]:
    """The doses as the senders said them last."""
    return {dose for dose, _ in place_doses(facts)}


def place_doses(facts: Mapping[Key, Fact]) -> Iterator[tuple[OneDose, tuple[str, UUID]]]:
    """Every record of a dose as it was said last, with the region and the depot that it was taken from."""
    corrections: dict[Key, list[Fact]] = defaultdict(list)
    for mark, payload in facts.values():
        if isinstance(payload, DoseCorrected | DoseRetracted):
            corrections[first_of(payload, facts)].append((mark, payload))
    for key, (mark, dose) in facts.items():
        if not isinstance(dose, DoseAdministered):
            continue
        said = newest_of(corrections[key])[1] if key in corrections else dose
        if isinstance(said, DoseAdministered | DoseCorrected):
            lot, day = said.lot or dose.lot, local_day(said.given_at)
            place = mark.region, said.depot_id or dose.depot_id
            yield (said.person_id, said.campaign_id, said.dose_no, lot, day), place


def first_of(said: DoseCorrected | DoseRetracted, facts: Mapping[Key, Fact]) -> Key:
    """The record that a correction is about: what it names, or what the correction that it names is about."""
    named, seen = (said.of_source, said.of_id), set[Key]()
    while named in facts and named not in seen:
        seen.add(named)
        payload = facts[named][1]
        if not isinstance(payload, DoseCorrected | DoseRetracted):
            break
        named = payload.of_source, payload.of_id
    return named


def local_day(moment: datetime) -> date:
    """The day in Amsterdam."""
    return moment.astimezone(AMSTERDAM).date()
