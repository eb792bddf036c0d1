"""Plays the days of the plan: teams make their visits, and the plan follows what happens."""

import asyncio
from collections.abc import AsyncIterator, Callable

from infra.clock import CampaignClock, Clock, SystemClock
from infra.errors import Unavailable
from infra.kafka.consumer import reading
from infra.kafka.producer import Producer
from infra.postgres.campaign_view import view_region
from services.demo.stage import Stage
from services.simulator.play import TOPIC, Heard, Moment, play

# Real time between two savings of the clock: at most this much is played again after a kill -9.
KEEP_TIME_SECONDS = 2.0


async def play_days(stage: Stage, speed: float) -> None:
    """Plays from the campaign's current time to the last day, then serves until Ctrl-C."""
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
    last: Moment | None = None
    while last is None:
        try:
            last = await play_on(stage, clock, speed, tell)
        except Unavailable as error:
            stage.view.say(f"playing on after: {error}")
            await asyncio.sleep(1)
    stage.view.say(
        f"played to {last.day.isoformat()}: {last.visits_played} visits; the pages stay until Ctrl-C"
    )
    try:
        await asyncio.Event().wait()
    finally:
        looking.cancel()


async def play_on(
    stage: Stage, clock: Clock, speed: float, tell: Callable[[Moment], None]
) -> Moment:
    """Plays from the current time. Events sent before have the same ids when they are sent again."""
    async with (
        Producer(stage.settings.kafka) as producer,
        reading(stage.settings.kafka, [TOPIC]) as heard,
    ):
        turn = stage.time.run_from
        region = stage.scenario.make()
        return await play(
            region, follow(heard), producer, clock, turn, speed=speed, on_progress=tell
        )


async def follow(consumer: AsyncIterator[Heard]) -> AsyncIterator[Heard]:
    """Yields the records of a consumer, one by one."""
    async for record in consumer:
        yield record


async def keep_looking(stage: Stage) -> None:
    """Refreshes the figures of plan and doses in the view."""
    while True:
        try:
            async with stage.database.transaction() as tx:
                found = await view_region(tx, stage.scenario.region)
        except Unavailable as error:
            stage.view.say(f"waiting: {error}")
            await asyncio.sleep(1)
            continue
        now = stage.view.now
        now.accepted = found.accepted
        if found.plan is not None:
            now.plan = (
                f"{found.plan.counts['people_served']} people to be served, {found.given} given"
            )
        await asyncio.sleep(2)
