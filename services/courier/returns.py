"""The return loop: each dose of ours to the own practice of the person, and to the register where the person agreed.

First the ledger is read on, and what has to be said is kept as messages, in one transaction. Then each message goes
to its receiver: posted, where the receiver has an address, else laid ready for its page and the API. What became of it is
said by events, so that everybody sees it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import orjson

from events.codec import read_ledger
from events.identifiers import CampaignId, OrganisationId, PersonId, ReturnId
from events.practice import ConsentRecorded, ConsentSubject
from events.reports import (
    Destination,
    ReturnRecordAcknowledged,
    ReturnRecordRejected,
    ReturnRecordRequested,
    ReturnRecordSent,
    ReturnRefusal,
)
from infra.errors import NotConfigured
from infra.identity import derived_id
from infra.postgres.courier import return_addresses, returns
from infra.postgres.courier.return_addresses import Address
from infra.postgres.courier.returns import DoseKey, Message, Names
from infra.postgres.ledger_reads import LedgerLine, read_lines
from infra.webhooks import Answer, Verdict
from services.accept.submission import OwnEvent
from services.courier.desk import Desk, submit_own
from services.courier.outcomes import read_refusal
from services.courier.returning import find_changes
from services.courier.webhooks import choose_wait_seconds
from services.returns.fhir import CONTENT_TYPE, to_bundle
from services.returns.record import Party, Record, Vaccine, name_dose

if TYPE_CHECKING:
    from infra.person import Person
    from infra.postgres.database import Connection

GIVEN: Final = "dose.administered.v1"
TYPES: Final = (
    GIVEN,
    *("dose.corrected.v1", "dose.retracted.v1"),
    *("patient.registered.v1", "patient.withdrawn.v1", "consent.recorded.v1"),
    "return_record.requested.v1",
)
LINES: Final = 500  # of the ledger, in one transaction
AT_ONCE: Final = (
    50  # messages posted between two notes of what became of them: what a crash repeats
)
LAID_READY: Final = 500
READS: Final = 20_000  # bytes of an answer: an OperationOutcome is much shorter
LAID: Final = Answer(
    Verdict.DELIVERED, status=102
)  # by nobody's answer: the practice says what became of it
LATER: Final = frozenset({102, 202})  # taken, and not judged yet: the receiver acknowledges later


async def make_returns(desk: Desk) -> int:
    """Keep what has to be said of the next lines of every region; how many messages were made."""
    async with desk.store.transaction() as tx:
        behind = await returns.read_behind(tx)
    return sum([await make_region(desk, region, *span) for region, span in behind.items()])


async def make_region(desk: Desk, region: str, after: int, newest: int) -> int:
    """Keep what has to be said of the lines of one region up to its newest; how many messages were made."""
    made = 0
    while after < newest:
        async with desk.store.transaction() as tx:
            lines = await read_lines(tx, region, after, newest, TYPES, LINES)
            after = lines[-1].seq if len(lines) == LINES else newest
            persons = await find_persons(tx, region, lines)
            if persons:
                made += await make_about(tx, sorted(persons), desk.clock.now())
            await returns.move(tx, region, after)
    return made


async def find_persons(tx: "Connection", region: str, lines: Sequence[LedgerLine]) -> set[UUID]:
    """Of whom something was said, also where a correction that came before gives a dose to somebody else."""
    persons: set[UUID] = set()
    asked: list[UUID] = []
    for line in lines:
        payload = read_ledger(line.envelope.type, line.body)
        if isinstance(payload, ReturnRecordRequested):
            asked.append(payload.return_id)
        elif not isinstance(payload, ConsentRecorded) or payload.subject is ConsentSubject.REGISTER:
            persons.add(getattr(payload, "person_id"))  # noqa: B009 - each of these types has it
    persons |= await returns.read_persons_of(tx, asked) if asked else set()
    given = [DoseKey(region, line.seq) for line in lines if line.envelope.type == GIVEN]
    return persons | (await returns.read_whose(tx, given) if given else set())


async def make_about(tx: "Connection", persons: Sequence[UUID], now: datetime) -> int:
    """Keep what has to be said about these people; how many messages were made."""
    outcomes = await returns.read_outcomes(tx, persons)
    changes = find_changes(
        outcomes,
        await returns.read_homes(tx, persons),
        await returns.read_opt_ins(tx, persons),
        await returns.read_made(tx, persons, [one.key for one in outcomes]),
    )
    if changes.replaced:
        await returns.replace(tx, changes.replaced, now)
    if changes.new:
        await returns.make(tx, changes.new, now)
    return len(changes.new)


async def lay_ready(desk: Desk) -> int:
    """Lay messages ready for practices that fetch theirs; how many."""
    async with desk.store.transaction() as tx:
        waiting = await returns.read_fetched(tx, LAID_READY)
    await note_answers(desk, [(one, LAID) for one in waiting])
    return len(waiting)


async def list_due(desk: Desk) -> list[Address]:
    """The receivers to which something goes now."""
    async with desk.store.transaction() as tx:
        return await return_addresses.read_due(tx, desk.real.now())


async def post_next(desk: Desk, address: Address) -> bool:
    """Post the next messages of one receiver; True when more may be waiting and it answers."""
    if desk.keys is None:
        raise NotConfigured("VAULT_MASTER_KEY_FILE is not set: return records cannot be sent")
    async with desk.store.transaction() as tx:
        messages = await returns.read_pending(
            tx, address.region, address.receiver, address.practice, AT_ONCE
        )
        persons = await returns.open_persons(tx, desk.keys, [one.id for one in messages])
        names = await returns.read_names(tx, messages)
    secret = address.secret(desk.keys)
    answers = await asyncio.gather(
        *(post(desk, address, secret, one, persons.get(one.id), names) for one in messages)
    )
    done = list(zip(messages, answers, strict=True))
    await note_answers(desk, [(one, answer) for one, answer in done if is_final(answer)])
    late = next((answer for answer in answers if not is_final(answer)), None)
    async with desk.store.transaction() as tx:
        if late is None:
            await return_addresses.clear(tx, address)
            return len(messages) == AT_ONCE
        now = desk.real.now()
        wait = timedelta(seconds=choose_wait_seconds(desk, address.attempts + 1, late))
        await return_addresses.fail(tx, address, late.why, now, now + wait)
    return False


async def post(
    desk: Desk,
    address: Address,
    secret: str,
    message: Message,
    person: "Person | None",
    names: Names,
) -> Answer | None:
    """Post one message; None when its practice never said who it is about. At every try it has the same id and content."""
    if person is None:
        return None
    body = orjson.dumps(to_bundle(to_record(message, person, names)))
    return await desk.post.send(
        address.url,
        secret,
        f"msg_{message.id}",
        body,
        desk.real.now(),
        content_type=CONTENT_TYPE,
        reads=READS,
    )


def to_record(message: Message, person: "Person", names: Names) -> Record:
    """The message with what it is about."""
    facts = message.facts
    product = str(facts["product"])
    named = names.products.get(product)
    post = facts["depot"]
    performer = names.organisations.get((message.key.region, UUID(str(post)))) if post else None
    return Record(
        message=message.id,
        dose=name_dose(message.key.region, message.key.seq),
        kind=message.kind,
        person=person,
        vaccine=Vaccine(product, product, None, None)
        if named is None
        else Vaccine(product, named.name, named.hpk, named.snomed),
        lot=None if facts["lot"] is None else str(facts["lot"]),
        dose_no=message.dose_no,
        given_at=datetime.fromisoformat(str(facts["at"])),
        performer=None if performer is None else Party(performer.name, performer.agb),
        opt_in=None,
        made_at=message.made_at or datetime.fromisoformat(str(facts["at"])),
    )


def is_final(answer: Answer | None) -> bool:
    """Whether a message is with its receiver, taken or rejected; what was not answered is tried again."""
    return answer is None or answer.verdict in (Verdict.DELIVERED, Verdict.REFUSED)


async def note_answers(desk: Desk, answered: Sequence[tuple[Message, Answer | None]]) -> None:
    """Note that messages left and say what became of them: after a crash in between the same is said."""
    if not answered:
        return
    now, ids = desk.clock.now(), [message.id for message, _ in answered]
    async with desk.store.transaction() as tx:
        moments = await returns.note_sent(tx, ids, now)
    said: list[tuple[Message, OwnEvent]] = []
    for message, answer in answered:
        at = moments[message.id]
        said.append((message, say_sent(message, at)))
        if answer is None or answer.verdict is Verdict.REFUSED:
            said.append((message, say_rejected(message, read_refusal(answer), at)))
        elif answer.status not in LATER:
            said.append((message, say_acknowledged(message, at)))
    await tell(desk, said)
    async with desk.store.transaction() as tx:
        await returns.note_said(tx, ids)


async def tell(desk: Desk, said: Sequence[tuple[Message, OwnEvent]]) -> None:
    """Offer the events of each region; what was said before a crash is a duplicate."""
    by_region: dict[str, list[OwnEvent]] = defaultdict(list)
    for message, event in said:
        by_region[message.region].append(event)
    for region, events in by_region.items():
        await submit_own(desk, region, events)


def say_sent(message: Message, at: datetime) -> OwnEvent:
    """`return_record.sent` of one message."""
    practice = None if message.practice is None else OrganisationId(message.practice)
    payload = ReturnRecordSent(
        return_id=ReturnId(message.id),
        destination=Destination(message.receiver),
        person_id=PersonId(message.person),
        campaign_id=CampaignId(message.campaign),
        dose_no=message.dose_no,
        practice_id=practice,
        sent_at=at,
    )
    return OwnEvent(str(derived_id("return.sent", str(message.id))), at, payload)


def say_acknowledged(message: Message, at: datetime) -> OwnEvent:
    """`return_record.acknowledged` of one message."""
    payload = ReturnRecordAcknowledged(return_id=ReturnId(message.id), acknowledged_at=at)
    return OwnEvent(str(derived_id("return.acknowledged", str(message.id))), at, payload)


def say_rejected(message: Message, why: ReturnRefusal, at: datetime) -> OwnEvent:
    """`return_record.rejected` of one message."""
    payload = ReturnRecordRejected(return_id=ReturnId(message.id), reason=why, rejected_at=at)
    return OwnEvent(str(derived_id("return.rejected", str(message.id))), at, payload)
