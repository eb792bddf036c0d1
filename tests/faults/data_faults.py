"""Faults of senders and of clocks: everything again, in another order, nothing but poison, other times."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from tests.facts import NOW
from tests.faults.faults import Fault, Scene
from tests.faults.journal import Offered


async def sent_again(scene: Scene) -> str:
    """A producer lost its place and sends a whole range again, in another order."""
    known = list(scene.world.journal.facts.values())
    begin = scene.random.randrange(max(1, len(known) - 300))
    again = known[begin : begin + 300]
    scene.random.shuffle(again)
    await scene.load.send(again)
    return f"{len(again)} records a second time, in another order"


async def twice_in_one_batch(scene: Scene) -> str:
    """Every record directly behind itself."""
    records = scene.load.some(100)
    await scene.load.send([copy for one in records for copy in (one, one)])
    return f"{len(records)} records, each twice in a row"


async def only_poison(scene: Scene) -> str:
    """Nothing but records that nobody can accept."""
    records = [scene.load.speech.poison() for _ in range(scene.random.randint(100, 200))]
    await scene.load.send(records)
    return f"{len(records)} records of poison at once"


async def names_used_again(scene: Scene) -> str:
    """Other facts under names that are taken: set aside, never applied."""
    settled = [one for one in scene.world.journal.facts.values() if one.key in taken(scene)]
    reused = []
    for one in scene.random.sample(settled, min(20, len(settled))):
        other = scene.load.speech.next()
        if other.topic == one.topic and other.key and one.key and other.payload != one.payload:
            whole = json.loads(other.value) | {"source": one.key[0], "id": one.key[1]}
            value = json.dumps(whole).encode()
            reused.append(Offered(other.topic, other.region, value))
    await scene.load.send(reused)
    return f"{len(reused)} facts under a name that another fact has"


def taken(scene: Scene) -> set[tuple[str, str]]:
    """Names of facts that were stored before this round."""
    return scene.world.journal.stored


async def by_two_doors(scene: Scene) -> str:
    """The same event over Kafka and over HTTP at the same moment."""
    load, place = scene.load, scene.random.randrange(len(scene.load.places))
    events = [
        load.by_http(
            load.speech.patient(load.places[place]), f"both-{scene.random.getrandbits(60)}"
        )
        for _ in range(20)
    ]
    await asyncio.gather(load.send(events), *(load.until_answered(one, place) for one in events))
    return f"{len(events)} events by both doors at once"


async def half_said(scene: Scene) -> str:
    """Clients that begin a request and never finish it."""
    half = b"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"
    writers = []
    for _ in range(60):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", scene.world.web_port)
        except OSError:
            continue
        writer.write(half)
        writers.append(writer)
    await asyncio.sleep(scene.random.uniform(1, 2))
    for writer in writers:
        writer.transport.abort()
    return f"{len(writers)} requests begun and never finished"


async def a_burst(scene: Scene) -> str:
    """Ten seconds of speech in one breath."""
    records = scene.load.some(1_200)
    await scene.load.send(records)
    return f"{len(records)} records at once"


def clock_jumps(by: timedelta) -> Fault:
    async def inject(scene: Scene) -> str:
        scene.world.set_clock(NOW + by)
        await asyncio.sleep(scene.random.uniform(1, 2))
        scene.world.set_clock(NOW)
        return f"the clock jumped by {by}, and back"

    return Fault(f"clock {by.total_seconds() / 3600:+.0f} h", inject)


def night(name: str, change: datetime) -> Fault:
    """From ten minutes before the change of the clocks to as long after it, in three seconds."""

    async def inject(scene: Scene) -> str:
        scene.world.set_clock(change - timedelta(minutes=10), speed=400)
        await asyncio.sleep(3)
        scene.world.set_clock(NOW)
        return f"lived through {change.isoformat()}"

    return Fault(f"night of the {name} time", inject)


FAULTS = (
    Fault("a range sent again", sent_again, weight=2),
    Fault("twice in one batch", twice_in_one_batch),
    Fault("nothing but poison", only_poison, weight=2),
    Fault("names used again", names_used_again),
    Fault("by two doors at once", by_two_doors, weight=2),
    Fault("requests half said", half_said),
    Fault("a burst", a_burst),
    clock_jumps(timedelta(hours=1)),
    clock_jumps(timedelta(hours=-1)),
    clock_jumps(timedelta(days=1)),
    night("summer", datetime(2021, 3, 28, 1, tzinfo=UTC)),
    night("winter", datetime(2021, 10, 31, 1, tzinfo=UTC)),
)
