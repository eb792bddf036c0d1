"""One turn of a notice destination in one region: the next plan, as one notice for each party."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from pydantic import JsonValue

from events.codec import read_ledger
from events.identifiers import LocationId, NoticeId, PlanId
from events.plans import VisitAssigned, VisitUnassigned
from events.reports import Channel, NoticeSent, NoticeSubject
from infra import outbox
from infra.errors import NotConfigured
from infra.identity import derived_id
from infra.postgres.courier import cursors, destinations, telling
from infra.postgres.ledger_reads import read_lines
from services.accept.submission import OwnEvent
from services.courier.desk import Desk, submit_own
from services.courier.notices import (
    Known,
    Line,
    Message,
    News,
    VisitLine,
    find_news,
    make_messages,
)
from services.courier.wording import to_text

if TYPE_CHECKING:
    from infra.postgres.courier.cursors import Cursor
    from infra.postgres.courier.destinations import Destination
    from infra.postgres.database import Connection

TYPES: Final = ("visit.assigned.v1", "visit.unassigned.v1")
MOST: Final = 2000  # ledger lines: more than nearly every plan changes
Lines = list[tuple[int, VisitLine]]


async def send_notices(desk: Desk, destination: "Destination", cursor: "Cursor") -> bool:
    """Send notices of what the next plan changes; True when more may be waiting.

    Files come first, then `notice.sent`, then the cursor. After a crash in between, the same notices get the same
    names, so that each is written and reported once.
    """
    if desk.outbox is None:
        raise NotConfigured("PRIKPLOEG_DATA is not set: there is no folder for notices")
    async with desk.store.transaction() as tx:
        lines, upto = await read_next_plan(tx, cursor)
        news, told, names = await read_news(tx, desk, destination, cursor, lines)
    if told:
        plan = lines[0][1].plan_id
        change = Change(cursor.region, plan, lines[0][0])
        letters = [make_letter(destination.name, change, m, names) for m in told]
        sent = await write_letters(desk, destination.name, letters)
        await submit_own(
            desk,
            cursor.region,
            [
                make_receipt(letter, message, plan, at)
                for letter, message, at in zip(letters, told, sent, strict=True)
            ],
        )
    async with desk.store.transaction() as tx:
        moved = await cursors.move(
            tx, destination.name, cursor.region, cursor.seq, upto, len(told), desk.real.now()
        )
        if moved:
            await telling.remember(tx, destination.name, cursor.region, upto, news.remember)
            await telling.forget(tx, destination.name, cursor.region, news.forget)
    return upto < cursor.newest


async def read_next_plan(tx: "Connection", cursor: "Cursor") -> tuple[Lines, int]:
    """All lines of the next change of a plan, and the ledger number up to which they reach.

    A change is what one transaction derived, so none of it comes later: a publication, or a veto on what it published,
    which names the same plan and has another time.
    """
    most = MOST
    while True:
        found = await read_lines(tx, cursor.region, cursor.seq, cursor.newest, TYPES, most)
        lines: Lines = []
        begun_at: datetime | None = None
        for line in found:
            payload = read_ledger(line.envelope.type, line.body)
            assert isinstance(payload, VisitAssigned | VisitUnassigned)
            is_next = payload.plan_id != lines[0][1].plan_id if lines else False
            if is_next or (lines and line.envelope.time != begun_at):
                return lines, line.seq - 1
            begun_at = line.envelope.time
            lines.append((line.seq, payload))
        if len(found) < most:
            return lines, cursor.newest
        most *= 4  # one plan fills all that was read: it must be read whole


async def read_news(
    tx: "Connection",
    desk: Desk,
    destination: "Destination",
    cursor: "Cursor",
    lines: Lines,
) -> tuple[News, list[Message], dict[object, str]]:
    """What changes, the notices of it, and the names of institutions and practices."""
    region = cursor.region
    visits = [line.visit_id for _, line in lines]
    told = await telling.read_told(tx, destination.name, region, visits)
    people = {
        one.person_id
        for _, line in lines
        if isinstance(line, VisitAssigned)
        for one in line.persons
    }
    everybody = sorted(people.union(*(one.people for one in told.values())))
    known = Known(
        told=told,
        visits=await telling.read_visits(tx, region, visits),
        given=await telling.read_given(tx, region, everybody),
        begun_seq=cursor.begun_seq,
        now=desk.clock.now(),
    )
    news = find_news(lines, known)
    found = make_messages(news, await telling.read_practices(tx, region, everybody))
    ids = {m.to for m in found} | {line.location for m in found for line in m.lines}
    return news, found, await destinations.read_names(tx, region, sorted(ids))


@dataclass(frozen=True, slots=True)
class Change:
    """What notices are about: a plan, and the first ledger line of what was changed in it."""

    region: str
    plan: PlanId
    seq: int


def make_letter(
    destination: str, change: Change, message: Message, names: dict[object, str]
) -> outbox.Letter:
    """A notice as a file; the same party and change give the same name."""
    plan = str(change.plan)
    name = derived_id(
        "notice", destination, plan, str(change.seq), message.recipient.value, str(message.to)
    )
    content: dict[str, JsonValue] = {
        "notice_id": str(name),
        "region": change.region,
        "plan_id": plan,
        "recipient": {
            "kind": message.recipient.value,
            "id": str(message.to),
            "name": names.get(message.to),
        },
        "visits": [to_json_line(line, names) for line in message.lines],
    }
    return outbox.Letter(str(name), content, to_text(message, names))


def to_json_line(line: Line, names: dict[object, str]) -> dict[str, JsonValue]:
    """One visit, in the JSON of a notice."""
    return {
        "subject": line.subject.value,
        "location_id": str(line.location),
        "location": names.get(line.location),
        "old": to_json_slot(line.old),
        "new": to_json_slot(line.new),
        "people": line.people,
    }


def to_json_slot(slot: tuple[datetime, datetime] | None) -> JsonValue:
    """Beginning and end, ISO 8601 in UTC."""
    return None if slot is None else [moment.isoformat() for moment in slot]


async def write_letters(desk: Desk, name: str, letters: list[outbox.Letter]) -> list[datetime]:
    """`write_all` in a thread. NotConfigured when the folder can not be written: only this destination waits then."""
    try:
        return await asyncio.to_thread(write_all, desk, name, letters)
    except OSError as error:
        raise NotConfigured(f"the folder for notices: {error.strerror or 'no answer'}") from error


def write_all(desk: Desk, name: str, letters: list[outbox.Letter]) -> list[datetime]:
    """Write every file; returns when each was written."""
    assert desk.outbox is not None
    now = desk.clock.now()
    return [outbox.put(desk.outbox / name, letter, now) for letter in letters]


def make_receipt(letter: outbox.Letter, message: Message, plan: PlanId, at: datetime) -> OwnEvent:
    """`notice.sent` for one notice: it names the kind of party, never the party (no personal data in events)."""
    subjects = {line.subject for line in message.lines}
    places = {line.location for line in message.lines}
    sent = NoticeSent(
        notice_id=NoticeId(UUID(letter.name)),
        channel=Channel.FILE,
        recipient=message.recipient,
        subject=subjects.pop() if len(subjects) == 1 else NoticeSubject.OTHER,
        location_id=LocationId(places.pop()) if len(places) == 1 else None,
        plan_id=plan,
        sent_at=at,
    )
    return OwnEvent(str(derived_id("notice.sent", letter.name, at.isoformat())), at, sent)
