"""The daily digest of a practice: what only it can solve, counted; at most one a day, and none when there is nothing."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, time
from typing import Final
from uuid import UUID

from babel.dates import format_date
from pydantic import JsonValue

from events.identifiers import NoticeId
from events.local_time import AMSTERDAM, to_local_date
from events.reports import Channel, NoticeSent, Recipient
from infra import outbox
from infra.identity import derived_id
from infra.postgres.courier import digests
from infra.postgres.courier.digests import Tasks
from services.accept.submission import OwnEvent
from services.courier.desk import Desk, submit_own

FOLDER: Final = "digests"
EARLIEST: Final = time(7)  # before a practice opens
# In the order in which they help most: the first one waits for a team.
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "consent": ("patiënt wacht op een antwoord over toestemming", "patiënten wachten op een antwoord over toestemming"),
    "place": ("patiënt staat op een locatie die wij niet kennen", "patiënten staan op een locatie die wij niet kennen"),
    "identity": ("patiënt: BSN en geboortedatum nakijken", "patiënten: BSN en geboortedatum nakijken"),
    "rejected": ("terugmelding is geweigerd: verbeteren en opnieuw vragen", "terugmeldingen zijn geweigerd: verbeteren en opnieuw vragen"),
    "to_take_in": ("terugmelding ligt klaar voor het dossier", "terugmeldingen liggen klaar voor het dossier"),
}  # fmt: skip


async def send_digests(desk: Desk) -> int:
    """Write the digests of today that were not written yet; how many. They hold no health data and no names."""
    now = desk.clock.now()
    if desk.outbox is None or now.astimezone(AMSTERDAM).time() < EARLIEST:
        return 0
    day = to_local_date(now)
    async with desk.store.transaction() as tx:
        waiting = await digests.read_tasks(tx, day)
    for one in waiting:
        await send(desk, one, now)
    return len(waiting)


async def send(desk: Desk, tasks: Tasks, now: datetime) -> None:
    """Write one digest, say so, and remember it; after a crash in between it has the same name, and is written once."""
    assert desk.outbox is not None
    day = to_local_date(now)
    name = derived_id("digest", tasks.region, str(tasks.practice), day.isoformat())
    content: dict[str, JsonValue] = {
        "notice_id": str(name),
        "region": tasks.region,
        "recipient": {"kind": "practice", "id": str(tasks.practice), "name": tasks.name},
        "day": day.isoformat(),
        "tasks": dict(tasks.counts),
    }
    letter = outbox.Letter(str(name), content, to_text(tasks, now))
    at = await asyncio.to_thread(outbox.put, desk.outbox / FOLDER, letter, now)
    await submit_own(desk, tasks.region, [to_receipt(name, at)])
    async with desk.store.transaction() as tx:
        await digests.remember(tx, tasks, day, name)


def to_receipt(name: UUID, at: datetime) -> OwnEvent:
    """`notice.sent` of a digest: it names the kind of party, never the party."""
    payload = NoticeSent(
        notice_id=NoticeId(name),
        channel=Channel.FILE,
        recipient=Recipient.PRACTICE,
        sent_at=at,
    )
    return OwnEvent(str(name), at, payload)


def to_text(tasks: Tasks, now: datetime) -> str:
    """The whole text."""
    day = format_date(to_local_date(now), "EEEE d MMMM y", locale="nl")
    lines = [
        f"Aan: {tasks.name or 'praktijk'}",
        f"Betreft: wat alleen uw praktijk kan oplossen, {day}",
        "",
        *(f"- {count} {WORDS[task][count != 1]}" for task, count in sort(tasks.counts)),
        "",
        "Alles staat op uw pagina van het mobiele prikteam. Dit bericht komt hoogstens één keer per dag.",
        "Er staan geen namen in.",
    ]
    return "\n".join(lines) + "\n"


def sort(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The tasks that there are, in the order of `WORDS`."""
    return [(task, counts[task]) for task in WORDS if counts.get(task)]
