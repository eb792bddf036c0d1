"""What must hold of people: nobody is planned against a fact about them, and what was given counts once.

Read plainly from the journal of the senders, in the order of the moments that they said; the rules of the product
(`services/care`, the views) are not used, so that a fault there is seen here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from events.location import OutbreakDeclared, OutbreakLifted
from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    PatientRegistered,
    PatientWithdrawn,
    WithdrawalReason,
)
from events.visits import DoseAdministered, DoseCorrected, DoseNotGiven, DoseRetracted, NotGiven
from tests.faults.journal import Key, Offered
from tests.faults.reading import Owner, few

OVER = timedelta(days=1)  # a visit that is over so long is history, nobody is taken off it
SAYS_NO = {ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN}
AT_THE_DOOR = {NotGiven.REFUSED, NotGiven.RESISTANCE, NotGiven.NO_CONSENT}
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
Cause = tuple[datetime, Key]  # when it was so, and which fact says it
OneDose = tuple[UUID, UUID, int, str, date]  # person, campaign, number, lot, local day


@dataclass
class Said:
    """The accepted facts about people and places, sorted out; each list in no order."""

    answers: dict[tuple[UUID, UUID], list[tuple[Cause, ConsentStatus]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # by person and practice
    homes: dict[tuple[UUID, UUID], list[tuple[Cause, WithdrawalReason | None]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    refusals: dict[UUID, list[Cause]] = field(default_factory=lambda: defaultdict(list))
    outbreaks: dict[UUID, list[tuple[Cause, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    @classmethod
    def of(cls, facts: Iterable[tuple[Key, Offered]]) -> "Said":
        said = cls()
        for key, one in facts:
            said.note(key, one)
        return said

    def note(self, key: Key, one: Offered) -> None:
        payload, cause = one.payload, (one.moment or datetime.min.replace(tzinfo=UTC), key)
        match payload:
            case ConsentRecorded():
                voice = (payload.person_id, payload.practice_id)
                self.answers[voice].append((cause, payload.status))
            case PatientRegistered():
                self.homes[payload.person_id, payload.practice_id].append((cause, None))
            case PatientWithdrawn():
                home = (payload.person_id, payload.practice_id)
                self.homes[home].append((cause, payload.reason))
            case DoseNotGiven() if payload.reason in AT_THE_DOOR:
                self.refusals[payload.person_id].append((payload.noted_at, key))
            case OutbreakDeclared():
                self.outbreaks[payload.location_id].append((cause, True))
            case OutbreakLifted():
                self.outbreaks[payload.location_id].append((cause, False))
            case _:
                pass

    def forbids(self, person: UUID, location: UUID) -> Iterator[tuple[str, Cause]]:
        """Why this person may not be planned at this place, and the fact that says so."""
        newest = {
            voice: max(answers) for voice, answers in self.answers.items() if voice[0] == person
        }
        for voice, (cause, status) in newest.items():
            if voice not in self.homes:
                continue  # no word about another's patient
            if status in SAYS_NO:
                yield f"said {status}", cause
            same = [one for at, one in self.answers[voice] if at[0] == cause[0]]
            if len(set(same)) > 1:
                yield "said yes and no at one moment", cause
        answered = max((cause for cause, _ in newest.values()), default=None)
        for refusal in self.refusals[person]:
            if answered is None or refusal[0] > answered[0]:
                yield "refused at the door", refusal
        yield from self.forbids_home(person)
        if location in self.outbreaks and (blocked := max(self.outbreaks[location]))[1]:
            yield "lives where an outbreak blocks visits", blocked[0]

    def forbids_home(self, person: UUID) -> Iterator[tuple[str, Cause]]:
        """Registered by nobody any more, or dead."""
        newest = [
            max(told, key=lambda one: one[0])
            for (one, _), told in self.homes.items()
            if one == person
        ]
        if newest and all(reason is not None for _, reason in newest):
            yield "is registered nowhere", max(cause for cause, _ in newest)
        for cause, reason in newest:
            if reason is WithdrawalReason.DECEASED:
                yield "is dead", cause


async def nobody_against(tx: Owner, facts: Iterable[tuple[Key, Offered]]) -> list[str]:
    """No live appointment of somebody who said no, is gone, or lives where visits are blocked."""
    said = Said.of(facts)
    rows = await tx.fetch(
        "SELECT a.region, a.person, a.visit, v.location, upper(v.slot) AS ends FROM appointments a"
        " JOIN visits v USING (region, visit) WHERE a.live AND v.live AND v.started_seq = 0"
    )
    broken = []
    for row in rows:
        for why, (moment, key) in said.forbids(row["person"], row["location"]):
            accepted = await tx.fetchval(
                "SELECT accepted_at FROM ledger WHERE source = $1 AND id = $2", *key
            )
            if accepted - OVER <= row["ends"]:
                broken.append(f"{row['person']} {why} ({key[1]}, {moment}): {row['region']}")
    return few("planned against a fact", broken)


async def counted_once(tx: Owner, facts: Mapping[Key, Offered]) -> list[str]:
    """The same dose under two ids counts once, a corrected one as corrected last, one taken back not at all."""
    rows = await tx.fetch(
        "SELECT person, campaign, dose_no, lot, at FROM person_doses WHERE outcome = 'given'"
    )
    found = [
        (row["person"], row["campaign"], row["dose_no"], row["lot"], local_day(row["at"]))
        for row in rows
    ]
    wanted = doses_said(facts)
    return [
        *few("counted and not given", [str(one) for one in sorted(set(found) - wanted, key=str)]),
        *few("given and not counted", [str(one) for one in sorted(wanted - set(found), key=str)]),
        *few(
            "counted twice",
            [f"{len(found) - len(set(found))} doses"] if len(found) > len(set(found)) else [],
        ),
    ]


def doses_said(facts: Mapping[Key, Offered]) -> set[OneDose]:
    """The doses as the senders said them last."""
    first = {
        key: one.payload for key, one in facts.items() if isinstance(one.payload, DoseAdministered)
    }
    newest: dict[Key, tuple[datetime, DoseCorrected | DoseRetracted]] = {}
    for one in facts.values():
        if isinstance(one.payload, DoseCorrected | DoseRetracted) and one.moment is not None:
            of = (one.payload.of_source, one.payload.of_id)
            newest[of] = max(
                newest.get(of, (one.moment, one.payload)),
                (one.moment, one.payload),
                key=lambda said: said[0],
            )
    doses = set()
    for key, dose in first.items():
        said = newest.get(key, (None, dose))[1]
        if not isinstance(said, DoseRetracted):
            lot = said.lot or dose.lot
            doses.add(
                (said.person_id, said.campaign_id, said.dose_no, lot, local_day(said.given_at))
            )
    return doses


def local_day(moment: datetime) -> date:
    """The day in Amsterdam."""
    return moment.astimezone(AMSTERDAM).date()
