"""Playing the days of the plan: teams visit, and the plan follows what happens."""

import asyncio
from collections.abc import AsyncIterator

from infra.clock import CampaignClock, SystemClock
from infra.kafka.consumer import reading
from infra.kafka.producer import Producer
from infra.postgres.campaign_view import view_region
from services.demo.stage import Stage
from services.simulator.play import TOPIC, Heard, Moment, play

KEEP_TIME_SECONDS = 2.0  # a demo that is killed goes on at most this much (real) earlier


async def play_days(stage: Stage, speed: float) -> None:
    """Play from where the campaign's clock stands to the last day, then serve until Ctrl-C."""
    stage.view.now.step = f"playing at {speed:g} times real time"
    stage.view.now.sent = stage.view.now.total = 0
    clock, real = CampaignClock(stage.time.path), SystemClock()
    kept_at = real.monotonic()

    def tell(moment: Moment) -> None:
        nonlocal kept_at
        now = stage.view.now
        now.simulated = moment.now.strftime("%a %d %b %H:%M")
        now.sent = now.total = sum(moment.said.values())
        if real.monotonic() - kept_at > KEEP_TIME_SECONDS:
            kept_at = real.monotonic()
            stage.time.run_from(clock.now(), speed)
        stage.view.show()

    looking = asyncio.create_task(keep_looking(stage))
    async with (
        Producer(stage.settings.kafka) as producer,
        reading(stage.settings.kafka, [TOPIC]) as heard,
    ):
        last = await play(
            stage.scenario.make(),
            follow(heard),
            producer,
            clock,
            stage.time.run_from,
            speed=speed,
            on_progress=tell,
        )
    stage.view.say(
        f"played to {last.day.isoformat()}: {last.visits_played} visits; the pages stay until Ctrl-C"
    )
    try:
        await asyncio.Event().wait()
    finally:
        looking.cancel()


async def follow(consumer: AsyncIterator[Heard]) -> AsyncIterator[Heard]:
    """The records of a consumer, one by one."""
    async for record in consumer:
        yield record


async def keep_looking(stage: Stage) -> None:
    """Refresh what the view says of plan and doses."""
    while True:
        async with stage.database.transaction() as tx:
            found = await view_region(tx, stage.scenario.region)
        now = stage.view.now
        now.accepted = found.accepted
        if found.plan is not None:
            now.plan = (
                f"{found.plan.counts['people_served']} people to be served, {found.given} given"
            )
        await asyncio.sleep(2)
