"""Answers to a question about who somebody is, as events of the practice and of ours, stored together.

Of two ids that are one person the provisional one is withdrawn as a mistake, and everything that its practice said (and
what happened to the person) is said again about the kept one, by normal events with their own moments: so every rule
and total sees one person, and a rebuild needs no rule about merging.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from events.envelope import Record, Sender, System
from events.identifiers import OrganisationId, Payload, PersonId, to_source
from events.identities import IdentityAnswer, IdentitySettled
from events.local_time import to_local_date
from events.practice import PatientRegistered
from infra.errors import Unavailable
from infra.identity import derived_id
from infra.person import Description
from infra.postgres.database import Who
from infra.postgres.pages import identities
from infra.postgres.pages.identities import Recorded, to_withdrawal
from infra.postgres.person_questions import Question
from infra.postgres.placing import Identified
from services.accept.submission import OwnEvent, Submission, own_submission, own_system
from services.web.access import MACHINE
from services.web.parts import Parts
from services.web.writing import Settled


async def identify(parts: Parts, who: Who, descriptions: Sequence[Description]) -> list[Identified]:
    """Store descriptions and give one id each; what an organisation mends by them is settled as by its page.

    Whom it described by mistake is withdrawn, and what it said of them is said about the other. Broken off in between,
    the same descriptions once more go on with it. Refused for whoever tries BSNs or postcodes on somebody.
    """
    parts.guesses.check(descriptions, to_local_date(parts.clock.now()))
    found = await parts.writing.identify(descriptions)
    voices = {one.speaker.organisation for one in descriptions}
    for question, known in await parts.writing.list_mended([one.id for one in found]):
        if question.organisation not in voices:
            continue
        kept = None if known == question.person else known
        reads = to_reader(who, question)
        if not await settle(parts, reads, [question], IdentityAnswer.CORRECTED, kept):
            raise Unavailable("mended words about a person were not accepted")
    return found


def to_reader(who: Who, question: Question) -> Who:
    """Who reads what has to be said again: a program of ours reads as the practice for which it describes people."""
    if who.role != MACHINE:
        return who
    return replace(who, role="practice", organisation=question.organisation, region=question.region)


async def correct(
    parts: Parts, who: Who, question: Question, described: Description
) -> UUID | None:
    """Store what the practice mended about a questioned person; the id they have from now on. None when rejected.

    When the mended words contradict nobody any more, the question is settled.
    """
    parts.guesses.check([described], to_local_date(parts.clock.now()))
    mended = await parts.writing.correct(described, question.person)
    if not mended.settles:
        return question.person
    kept = None if mended.id == question.person else mended.id
    done = await settle(parts, who, [question], IdentityAnswer.CORRECTED, kept)
    return mended.id if done else None


async def settle(
    parts: Parts,
    who: Who,
    questions: Sequence[Question],
    answer: IdentityAnswer,
    kept: UUID | None,
) -> bool:
    """Store an answer to questions about one person; with `kept` they are that one from now on. False when rejected.

    While the same is asked of somebody else too, the person stays questioned: only these practices' words move. `who`
    reads what is said again: the practice itself, or the planner of its region.
    """
    person = questions[0].person
    open_now = {one.id for one in await parts.writing.list_questions([person])}
    records: list[Record] = []
    if kept is not None or answer is IdentityAnswer.WITHDRAWN:
        for question in questions:
            records += await say_again(parts, who, question, kept)
    answered = [one.id for one in questions]
    is_last = open_now <= set(answered)
    if is_last:
        told = IdentitySettled(
            person_id=PersonId(person),
            answer=answer,
            same_as=None if kept is None else PersonId(kept),
            organisation_id=None if who.organisation is None else OrganisationId(who.organisation),
        )
        records += tell_settled(questions, told, parts.clock.now())
    settled = Settled(person, answer, kept, answered, is_last)
    return await parts.writing.settle(settled, Submission(tuple(records)), who)


async def say_again(
    parts: Parts, who: Who, question: Question, kept: UUID | None
) -> Sequence[Record]:
    """What one practice said of a person, in its own name: taken back, and with `kept` said about that one."""
    practice = question.organisation
    if practice is None:
        return ()
    async with parts.reader.reading(who) as tx:
        recorded = await identities.recorded(tx, question.person, practice)
    if not recorded:
        return ()
    events = repeat(recorded, question, kept, parts.clock.now())
    return own_submission(speak_for(practice, who.region), who.region, events).records


def tell_settled(
    questions: Sequence[Question], told: IdentitySettled, now: datetime
) -> list[Record]:
    """The answer as an event in every region in which it was asked."""
    records: list[Record] = []
    for region, question in {one.region: one for one in questions}.items():
        name = derived_id("identity.settled", str(question.id), region)
        event = OwnEvent(str(name), now, told)
        records += own_submission(own_system(region), region, [event]).records
    return records


def repeat(
    recorded: Sequence[Recorded], question: Question, kept: UUID | None, now: datetime
) -> list[OwnEvent]:
    """Everything once more about the kept person, and the registrations of the other withdrawn."""
    events = []
    for one in recorded:
        if isinstance(one.payload, PatientRegistered):
            events.append(name_event(question, f"back {one.key}", now, to_withdrawal(one.payload)))
        if kept is not None:
            moment = now if isinstance(one.payload, PatientRegistered) else one.moment
            payload = one.payload.model_copy(update={"person_id": PersonId(kept)})
            events.append(name_event(question, one.key, moment, payload))
    return events


def name_event(question: Question, key: str, moment: datetime, payload: Payload) -> OwnEvent:
    """An event whose id follows from the question, so that an answer that is sent twice is stored once."""
    return OwnEvent(str(derived_id("identity.merged", str(question.id), key)), moment, payload)


def speak_for(practice: UUID, region: str) -> System:
    """The practice as a system: what it said is said again in its own name."""
    prefix = to_source(Sender.PRACTICE, str(practice))
    return System("https", Sender.PRACTICE, (f"{prefix}:web", prefix), frozenset({region}))
