"""The only way in which pages and API write: persons into the vault, events through `accept`.

Rights are checked here, before a submission is queued, because group commit mixes users in one transaction.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from events.actors import SUBJECT, to_headers
from events.envelope import HTTPS, Event, Record, Sender, System
from events.errors import Refusal, RejectedEvent
from events.identifiers import OrganisationId, Payload, PersonId, to_source
from events.identities import IdentityAnswer, IdentityQuestion, IdentityQuestioned
from events.teams import PlanApproved
from infra.clock import Clock
from infra.crypto import Keys
from infra.errors import Unavailable
from infra.identity import derived_id, new_id
from infra.person import Description
from infra.postgres import person_questions
from infra.postgres.database import Database, Who
from infra.postgres.pages.decisions import ChangeRow
from infra.postgres.person_questions import Question
from infra.postgres.placing import Batch, Identified
from infra.postgres.plan_records import PackedRecord
from infra.postgres.snapshot.rows import Snapshot
from infra.postgres.standing import StandingRows
from infra.postgres.vault import Mended, correct, foresee, identify, merge
from infra.travel.matrix import Matrix
from scheduling.plan import PinFault
from services.accept.group import Group
from services.accept.offering import Offered
from services.accept.sorting import decode_or_reject
from services.accept.submission import (
    Outcome,
    OwnEvent,
    Status,
    Submission,
    own_submission,
    own_system,
)
from services.web.list_keeping import KeptLists
from services.web.pinning import find_faults
from services.web.steering_errors import Stale

STRUCTURED = {"content-type": b"application/cloudevents+json"}
READ_AT_ONCE = 32  # events decoded between two turns of the loop: about half a millisecond
SENDERS = {"practice": Sender.PRACTICE, "planner": Sender.HAP}


@dataclass(frozen=True, slots=True)
class Settled:
    """An answer to the questions about a person; `kept` is who they are instead."""

    person: UUID
    answer: IdentityAnswer
    kept: UUID | None
    questions: Sequence[UUID]
    is_last: bool  # no other question about the person is open


# Waits for the turn of what is about stops; by its place in the batch, what others changed since each was decided.
Turn = Callable[
    [Who, Sequence[Event | RejectedEvent]], AbstractAsyncContextManager[dict[int, list[ChangeRow]]]
]
STALE: Final = Outcome(Status.REJECTED, reason=Refusal.STALE, fields=("visit_id",))


class NotYours(Exception):
    """An event speaks for another organisation."""


class Writing:
    """Holds the pools that may write; nothing else in the web process can reach them."""

    def __init__(self, group: Group, identifier: Database, keys: Keys, clock: Clock) -> None:
        self._group = group
        self._identifier = identifier
        self._keys = keys
        self._clock = clock
        self.lists = KeptLists(identifier, keys)

    async def identify(self, descriptions: Sequence[Description]) -> list[Identified]:
        """Store descriptions and give one id each, the same for every sender; in a transaction of its own.

        A question about somebody is in the ledger before the id is known to anybody, so that nobody is planned with an
        open question. After a crash between the two the sender asks again, gets the same id, and the event goes first.
        """
        async with self._identifier.transaction() as tx:
            found = await identify(tx, self._keys, descriptions, self._clock.now())
            untold = await person_questions.untold_about(tx, [one.id for one in found])
        if untold:
            await self._ask(untold)
        return found

    async def _ask(self, questions: Sequence[Question]) -> None:
        """Say by events that these questions are open. Unavailable when one was not accepted."""
        now = self._clock.now()
        for region in sorted({one.region for one in questions}):
            events = [
                OwnEvent(
                    str(derived_id("identity.questioned", str(one.id))), now, to_questioned(one)
                )
                for one in questions
                if one.region == region
            ]
            outcomes = await self._group.submit(own_submission(own_system(region), region, events))
            if any(outcome.status is Status.REJECTED for outcome in outcomes):
                raise Unavailable("a question about a person was not accepted")
        async with self._identifier.transaction() as tx:
            await person_questions.note_told(tx, [one.id for one in questions])

    async def correct(self, described: Description, person: UUID) -> Mended:
        """Store what a practice mended about a questioned person; whom it is about now, and whether that settles it."""
        async with self._identifier.transaction() as tx:
            return await correct(tx, self._keys, described, person, self._clock.now())

    async def load_record(self, region: str, plan_hash: str) -> PackedRecord | None:
        """What a plan of the region was computed from, and the plan. The caller asks for the own region only."""
        return await self._group.load_record(region, plan_hash)

    async def find_foreign(self, practices: Sequence[UUID], region: str) -> set[UUID]:
        """Find those of these practices that other regions know, and this one does not."""
        known = await self._group.find_regions(practices)
        return {one for one, regions in known.items() if region not in regions}

    async def list_mended(self, persons: Sequence[UUID]) -> list[tuple[Question, UUID]]:
        """List the open questions that newer words about these persons settle, with who it is instead."""
        async with self._identifier.transaction() as tx:
            return await person_questions.mended_as(tx, persons)

    async def confirm(self, question: Question, by: Who) -> None:
        """Store that the practice looked at what it is asked, and that it is right as it stands."""
        async with self._identifier.transaction() as tx:
            await person_questions.confirm(tx, question.id, by.subject, self._clock.now())

    async def list_questions(self, persons: Sequence[UUID]) -> list[Question]:
        """List the open questions about these persons; the caller decides who may hear of them."""
        async with self._identifier.transaction() as tx:
            return await person_questions.open_about(tx, persons)

    async def settle(self, answered: Settled, submission: Submission, by: Who) -> bool:
        """Store an answer: its events together, then the vault. False when the events were rejected: nothing was done.

        Safe to repeat: the ids of the events follow from the question.
        """
        if submission.records:
            outcomes = await self._group.submit(acted_by(submission, by))
            if any(outcome.status is Status.REJECTED for outcome in outcomes):
                return False
        now = self._clock.now()
        async with self._identifier.transaction() as tx:
            if answered.kept is not None and answered.is_last:
                await merge(tx, answered.person, answered.kept)
            await person_questions.answer(
                tx, answered.questions, answered.answer.value, answered.kept, by.subject, now
            )
        return True

    async def submit(self, who: Who, payloads: Sequence[Payload]) -> list[Outcome]:
        """Submit events in the name of this person; all are accepted or none."""
        now = self._clock.now()
        events = [OwnEvent(str(new_id()), now, payload) for payload in payloads]
        own = own_submission(find_system(who), who.region, events, acted=find_acted(who))
        return await self._group.submit(own)

    async def submit_rows(self, who: Who, rows: Sequence[Sequence[OwnEvent]]) -> list[Outcome]:
        """Submit the events of the rows of a list in the name of this person; each row stands for itself."""
        system, acted = find_system(who), find_acted(who)
        made = [own_submission(system, who.region, events, acted=acted) for events in rows]
        return await self._group.submit_each(made)

    async def foresee(self, batch: Batch, part: Sequence[Description]) -> list[Identified]:
        """Tell what `identify` would answer for the next part of a batch; nothing is written."""
        async with self._identifier.transaction() as tx:
            return await foresee(tx, batch, part)

    async def find_known(self, events: Sequence[Event]) -> set[tuple[str, str]]:
        """Source and id of those of these events that were accepted before."""
        return await self._group.find_known(events)

    async def agree(self, who: Who, payloads: Sequence[Payload]) -> list[Outcome]:
        """Submit what this planner agreed for the own region, as the operator of that region says it; all or none."""
        now = self._clock.now()
        events = [OwnEvent(str(new_id()), now, payload) for payload in payloads]
        source = f"{to_source(Sender.OPERATOR, who.region)}:web"
        system = System(HTTPS, Sender.OPERATOR, (source,), frozenset({who.region}))
        return await self._group.submit(
            own_submission(system, who.region, events, acted=find_acted(who))
        )

    async def submit_events(self, who: Who, events: Sequence[OwnEvent]) -> list[Outcome]:
        """Submit events that have ids and moments of their own, in the name of this person; all are accepted or none."""
        own = own_submission(find_system(who), who.region, events, acted=find_acted(who))
        return await self._group.submit(own)

    async def answer_returns(self, who: Who, payloads: Sequence[Payload]) -> list[Outcome]:
        """Submit what became of return records, said by this person; the caller checked that they may say so of each."""
        if not payloads:
            return []
        now = self._clock.now()
        events = [OwnEvent(str(new_id()), now, payload) for payload in payloads]
        own = own_system(who.region)
        return await self._group.submit(
            own_submission(own, who.region, events, acted=find_acted(who))
        )

    async def load_standing(self, region: str, known_hash: str | None) -> StandingRows | None:
        """The stops of a region as they stand now; the caller checked that this person may plan there."""
        return await self._group.load_standing(region, known_hash)

    async def is_newest(self, region: str, plan_hash: str, number: int) -> bool:
        """Whether nothing was said in the region since this line, and its plan is this one."""
        return await self._group.is_newest(region, plan_hash, number)

    async def load_around(self, region: str, visits: Collection[UUID]) -> Snapshot:
        """The region around these visits as a plan would know it now; the caller checked that this person may plan it."""
        return await self._group.load_around(region, visits)

    async def load_region(self, region: str) -> tuple[Snapshot, Matrix | None]:
        """The region as a plan would know it now; the caller checked that this person may plan it."""
        return await self._group.load_region(region)

    async def propose(
        self, who: Who, made: Submission, approved: PlanApproved | None = None
    ) -> list[Outcome]:
        """Submit a plan that this person had made, and in the same breath its approval where they give it."""
        submission = acted_by(made, who)
        if approved is not None:
            event = OwnEvent(str(new_id()), self._clock.now(), approved)
            said = own_submission(find_system(who), who.region, [event], acted=find_acted(who))
            submission = replace(submission, records=(*submission.records, *said.records))
        return await self._group.submit(submission)

    async def offer_again(self, who: Who, numbers: Sequence[int]) -> Offered:
        """Offer quarantined records again; the caller checked that this person may see them."""
        return await self._group.offer_again(self._keys.for_quarantine(), numbers, who.subject)

    async def pass_on(self, who: Who, values: Sequence[bytes], turn: Turn) -> list[Outcome]:
        """Submit events as a system of this person wrote them, each by itself; NotYours before anything is stored.

        A practice may say something about anybody: it counts once that practice has registered the person.
        What is about a stop waits for its `turn`. Stale, when the only event is about a stop that somebody changed since.
        """
        system, headers = find_system(who), {**STRUCTURED, **find_acted(who)}
        records = [Record(system, value, headers) for value in values]
        decoded = await read_all(records)
        if any(
            isinstance(said, RejectedEvent) and said.reason is Refusal.SOURCE_NOT_ALLOWED
            for said in decoded
        ):
            # Perhaps under an alias. Looked up only now, so that other senders do not pay for the query.
            system = replace(system, aliases=await self._group.read_aliases())
            records = [Record(system, value, headers) for value in values]
            decoded = await read_all(records)
        if who.role == "practice":
            check_own(decoded)
        async with turn(who, decoded) as stale:
            if stale and len(records) == 1:
                raise Stale(stale[0])
            refused = dict.fromkeys(stale, STALE)
            if who.role != "practice":
                fresh = [
                    one if number not in stale else RejectedEvent(Refusal.STALE)
                    for number, one in enumerate(decoded)
                ]
                faults = await find_faults(self._group, who.region, fresh)
                refused |= {number: refuse_pin(fault) for number, fault in faults.items()}
            submissions = [
                Submission((record,), decoded=(said,))
                for number, (record, said) in enumerate(zip(records, decoded, strict=True))
                if number not in refused
            ]
            stored = iter(await self._group.submit_each(submissions) if submissions else ())
            return [
                refused[number] if number in refused else next(stored)
                for number in range(len(records))
            ]


def refuse_pin(fault: PinFault) -> Outcome:
    """A pin that can not hold is not stored: its sender hears at once which rule it breaks."""
    return Outcome(Status.REJECTED, reason=Refusal.CANNOT_HOLD, fields=(fault.rule,))


async def read_all(records: Sequence[Record]) -> list[Event | RejectedEvent]:
    """Decode records, yielding in between so that a large batch does not delay other requests."""
    decoded = []
    for number, record in enumerate(records):
        if number % READ_AT_ONCE == READ_AT_ONCE - 1:
            await asyncio.sleep(0)
        decoded.append(decode_or_reject(record))
    return decoded


def find_system(who: Who) -> System:
    """Find the system that a person speaks as: the types of the role, a source of its own, one region."""
    sender = SENDERS.get(who.role)
    if sender is None:
        raise NotYours
    prefix = to_source(sender, str(who.organisation or who.region))
    return System(HTTPS, sender, (f"{prefix}:web", prefix), frozenset({who.region}))


def find_acted(who: Who) -> Mapping[str, bytes]:
    """Say who acts, and for which organisation: from the session or the token, never from what the client says.

    A subject of another form than ours (an issuer may choose a name or an e-mail address) becomes a pseudonym.
    """
    return to_headers(name_actor(who), who.organisation)


def name_actor(who: Who) -> str:
    """Who acts, as the ledger names them."""
    if SUBJECT.fullmatch(who.subject):
        return who.subject
    return f"pseudonym:{derived_id('actor', who.subject)}"


def acted_by(submission: Submission, who: Who) -> Submission:
    """The same submission, whose events say that this person made them."""
    headers = find_acted(who)
    records = (replace(one, headers={**one.headers, **headers}) for one in submission.records)
    return replace(submission, records=tuple(records))


def check_own(decoded: Sequence[Event | RejectedEvent]) -> None:
    """Raise NotYours when a practice speaks for another. What is no event at all passes, to be quarantined."""
    for event in decoded:
        if not isinstance(event, RejectedEvent) or event.reason is not Refusal.SOURCE_NOT_ALLOWED:
            continue
        if "practice_id" in event.fields:
            raise NotYours


def to_questioned(question: Question) -> IdentityQuestioned:
    """A question as the event that keeps somebody out of every plan."""
    to = question.organisation
    return IdentityQuestioned(
        person_id=PersonId(question.person),
        question=IdentityQuestion(question.kind),
        organisation_id=None if to is None else OrganisationId(to),
    )
