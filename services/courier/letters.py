"""One turn of a notice destination in one region: what is next, as one notice for each party."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import JsonValue

from events.identifiers import LocationId, NoticeId, PlanId, VisitId
from events.plans import VisitAssigned, VisitUnassigned
from events.reports import Channel, NoticeSent, NoticeSubject
from infra import outbox
from infra.errors import NotConfigured
from infra.identity import derived_id
from infra.postgres.courier import cursors, destinations, telling
from infra.postgres.courier.telling import VisitNow
from services.accept.submission import OwnEvent
from services.courier.desk import Desk, submit_own
from services.courier.notices import (
    Dose,
    Known,
    Line,
    Message,
    News,
    find_news,
    make_messages,
)
from services.courier.turns import read_turn
from services.courier.waiting import Lines
from services.courier.wording import to_text

if TYPE_CHECKING:
    from infra.postgres.courier.cursors import Cursor
    from infra.postgres.courier.destinations import Destination
    from infra.postgres.database import Connection


async def send_notices(desk: Desk, destination: "Destination", cursor: "Cursor") -> bool:
    """Send notices of what is next in the ledger; True when more may be waiting.

    Files come first, then `notice.sent`, then the cursor. After a crash in between, the same notices get the same
    names, so that each is written and reported once.
    """
    if desk.outbox is None:
        raise NotConfigured("PRIKPLOEG_DATA is not set: there is no folder for notices")
    async with desk.store.transaction() as tx:
        turn = await read_turn(tx, desk, destination, cursor)
        if turn is None:
            return False
        news, told, names = await read_news(tx, desk, destination, cursor, turn.lines)
    if told:
        change = Change(cursor.region, turn.lines[0][0])
        letters = [make_letter(destination.name, change, m, names) for m in told]
        sent = await write_letters(desk, destination.name, letters)
        await submit_own(
            desk,
            cursor.region,
            [
                make_receipt(letter, message, at)
                for letter, message, at in zip(letters, told, sent, strict=True)
            ],
        )
    async with desk.store.transaction() as tx:
        moved = await cursors.move(
            tx, destination.name, cursor.region, cursor.seq, turn.upto, len(told), desk.real.now()
        )
        if moved:
            await telling.remember(tx, destination.name, cursor.region, turn.upto, news.remember)
            await telling.forget(tx, destination.name, cursor.region, news.forget)
    return turn.upto < turn.newest


async def read_news(
    tx: "Connection",
    desk: Desk,
    destination: "Destination",
    cursor: "Cursor",
    lines: Lines,
) -> tuple[News, list[Message], dict[object, str]]:
    """What changes, the notices of it, and the names of institutions and practices."""
    region = cursor.region
    ids = [line.visit_id for _, line in lines]
    told = await telling.read_told(tx, destination.name, region, ids)
    visits = await telling.read_visits(tx, region, ids)
    lost = await read_lost(tx, region, lines, visits)
    people: set[UUID] = {
        one.person_id
        for _, line in lines
        if isinstance(line, VisitAssigned)
        for one in line.persons
    }
    people |= {person for doses in lost.values() for person, _, _ in doses}
    everybody = sorted(people.union(*(one.people for one in told.values())))
    known = Known(
        told=told,
        visits=visits,
        given=await telling.read_given(tx, region, everybody),
        begun_seq=cursor.begun_seq,
        now=desk.clock.now(),
        lost=lost,
    )
    news = find_news(lines, known)
    found = make_messages(news, await telling.read_practices(tx, region, everybody))
    named = {m.to for m in found} | {line.location for m in found for line in m.lines}
    return news, found, await destinations.read_names(tx, region, sorted(named))


async def read_lost(
    tx: "Connection", region: str, lines: Lines, visits: Mapping[UUID, VisitNow]
) -> dict[UUID, frozenset[Dose]]:
    """The doses that visits were to give when they were taken off."""
    lost = {line.visit_id for _, line in lines if isinstance(line, VisitUnassigned)}
    numbers = [visits[one].assigned_seq for one in sorted(lost & visits.keys())]
    found: dict[UUID, frozenset[Dose]] = {}
    for body in await telling.read_bodies(tx, region, numbers) if numbers else ():
        was = VisitAssigned.model_validate_json(body)
        if was.campaign_id is not None:
            doses = ((one.person_id, was.campaign_id, one.dose_no) for one in was.persons)
            found[was.visit_id] = frozenset(doses)
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """What notices are about: what the ledger says from this line on."""

    region: str
    seq: int


def make_letter(
    destination: str, change: Change, message: Message, names: dict[object, str]
) -> outbox.Letter:
    """A notice as a file; the same party and change give the same name."""
    plan = str(message.source.plan)
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


def make_receipt(letter: outbox.Letter, message: Message, at: datetime) -> OwnEvent:
    """`notice.sent` for one notice: it names the kind of party, never the party (no personal data in events).

    A visit is told that it names, or that is of the plan and the location that it names.
    """
    other = message.other_visit
    subjects = {line.subject for line in message.lines}
    places = {line.location for line in message.lines}
    sent = NoticeSent(
        notice_id=NoticeId(UUID(letter.name)),
        channel=Channel.FILE,
        recipient=message.recipient,
        subject=subjects.pop() if len(subjects) == 1 else NoticeSubject.OTHER,
        visit_id=None if other is None else VisitId(other),
        location_id=LocationId(places.pop()) if len(places) == 1 else None,
        plan_id=PlanId(message.source.plan),
        sent_at=at,
    )
    return OwnEvent(str(derived_id("notice.sent", letter.name, at.isoformat())), at, sent)
