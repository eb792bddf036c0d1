"""One turn of a webhook in one region: the next events in ledger order; what fails is retried later.

Signed as Standard Webhooks has it (`infra.webhooks`); how long to retry, and when to give up, is decided here.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from events.codec import encode
from infra.errors import NotConfigured
from infra.postgres.courier import cursors, destinations
from infra.postgres.ledger_reads import read_lines
from infra.webhooks import Answer, Verdict

if TYPE_CHECKING:
    from infra.postgres.courier.cursors import Cursor
    from infra.postgres.courier.destinations import Destination
    from infra.postgres.ledger_reads import LedgerLine
    from services.courier.desk import Desk

MOST: Final = 50  # events sent between two moves of the cursor: what a crash repeats
LONGEST_WAIT: Final = 3600.0  # seconds
LONGEST_ASKED: Final = 6 * 3600.0  # a receiver that asks for more gets this
REFUSED_TIMES: Final = 5  # then the event is a dead letter
DISABLED_AFTER: Final = timedelta(days=5)


async def deliver(desk: "Desk", destination: "Destination", cursor: "Cursor") -> bool:
    """Send the next events; True when more may be waiting. At least once: the cursor moves after the answers."""
    async with desk.store.transaction() as tx:
        lines = await read_lines(
            tx, cursor.region, cursor.seq, cursor.newest, destination.types, MOST
        )
    secret = open_secret(desk, destination) if lines else ""
    done, delivered = cursor.seq, 0
    for line in lines:
        answer = await send(desk, destination, secret, line)
        if answer.verdict is not Verdict.DELIVERED:
            await note(desk, destination, cursor, done, delivered)
            before = (cursor.attempts, cursor.refused) if delivered == 0 else (0, 0)
            await note_failure(desk, destination, line, answer, before, done)
            return False
        done, delivered = line.seq, delivered + 1
    if len(lines) < MOST:
        done = cursor.newest
    await note(desk, destination, cursor, done, delivered)
    return len(lines) == MOST


def open_secret(desk: "Desk", destination: "Destination") -> str:
    """The secret that signs the messages of this destination."""
    if desk.keys is None:
        raise NotConfigured("VAULT_MASTER_KEY_FILE is not set: webhooks cannot be signed")
    return destination.secret(desk.keys)


async def send(desk: "Desk", destination: "Destination", secret: str, line: "LedgerLine") -> Answer:
    """Post one event; the same event has the same message id at every try."""
    body, _ = encode(line.envelope, line.body, desk.names)
    message_id = f"msg_{line.envelope.region}_{line.seq}"
    return await desk.post.send(destination.url, secret, message_id, body, desk.real.now())


async def note(
    desk: "Desk", destination: "Destination", cursor: "Cursor", done: int, delivered: int
) -> None:
    """Move the cursor, unless nothing was done or somebody rewound it meanwhile."""
    if done == cursor.seq:
        return
    async with desk.store.transaction() as tx:
        await cursors.move(
            tx, destination.name, cursor.region, cursor.seq, done, delivered, desk.real.now()
        )


async def note_failure(
    desk: "Desk",
    destination: "Destination",
    line: "LedgerLine",
    answer: Answer,
    before: tuple[int, int],
    done: int,
) -> None:
    """Note a failed event: back off longer each time, give up one that is refused, disable a destination that is gone.

    `before`: how often this event failed already, and how often the receiver refused this very event (`infra.webhooks.REFUSALS`).
    """
    now, region = desk.real.now(), line.envelope.region
    failures, refused = before[0] + 1, answer.verdict is Verdict.REFUSED
    async with desk.store.transaction() as tx:
        if refused and before[1] + 1 >= REFUSED_TIMES:
            await cursors.keep_dead_letter(tx, destination.name, line, failures, answer.why, now)
            await cursors.move(tx, destination.name, region, done, line.seq, 0, now)
            return
        again_at = now + timedelta(seconds=choose_wait_seconds(desk, failures, answer))
        since = await cursors.fail(
            tx, destination.name, region, answer.why, now, again_at, refused=refused
        )
        if answer.verdict is Verdict.GONE:
            await destinations.set_state(tx, destination.name, "disabled", answer.why)
        elif since is not None and now - since >= DISABLED_AFTER:
            await destinations.set_state(
                tx, destination.name, "disabled", f"failing since {since:%Y-%m-%d}: {answer.why}"
            )


def choose_wait_seconds(desk: "Desk", failures: int, answer: Answer) -> float:
    """Seconds until the next try: exponential back-off with jitter, never less than the receiver asked (Retry-After)."""
    doubled = min(LONGEST_WAIT, desk.shortest_wait * 2.0 ** min(failures - 1, 30))
    spread = doubled * (0.5 + desk.random.random() / 2)
    return max(spread, min(answer.wait_seconds or 0.0, LONGEST_ASKED))
