"""A whole season in one world of real servers and processes, judged on every evening."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from infra.clock import SystemClock
from tests.campaign.days import Player
from tests.campaign.evening import Evening
from tests.campaign.figures import Day, figures, header, line
from tests.campaign.resting import listening
from tests.campaign.season import Kind, Staged, stage
from tests.campaign.stories import REGION, Story
from tests.campaign.voice import Voice
from tests.faults.running import tell
from tests.faults.world import Plan, World, a_world

PROCESSES = ("intake", "planner", "relay", "courier", "web")
WORDS = {
    Kind.TEAM_ILL: "the busiest team is ill for two days",
    Kind.OUTBREAK: "an outbreak",
    Kind.OUTBREAK_OVER: "an outbreak ends",
    Kind.CRISIS: "a crisis team is asked for",
    Kind.LATE_PAPERS: "locations register late",
    Kind.NEWCOMERS: "newcomers are registered",
    Kind.SECOND_THOUGHTS: "consents are withdrawn",
    Kind.YES_AT_LAST: "consents come late",
    Kind.DECEASED: "somebody halfway dies",
    Kind.FRIDGE_WARM: "a lot got too warm and is quarantined",
    Kind.FRIDGE_CLEARED: "the lot is released",
}


@dataclass
class Played:
    """What came of a season."""

    story: Story
    seed: int
    days: list[Day] = field(default_factory=list)
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def broken(self) -> dict[str, dict[str, list[str]]]:
        return {one.day: one.broken for one in self.days if one.broken}

    def as_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "story": self.story.name,
            "planner_seconds": self.story.planner_seconds,
            "seconds": round(self.seconds, 1),
            "counts": self.counts,
            "days": [one.as_json() for one in self.days],
        }


async def run(
    story: Story, seed: int, say: Callable[[str], object] = print, *, go_on: bool = False
) -> Played:
    """Play every day; stop at the first evening that does not hold, unless told to go on."""
    real = SystemClock()
    begun = real.monotonic()
    staged = stage(story.season, REGION, seed, story.start, story.sizes)
    played = Played(story, seed)
    plan = Plan(processes=PROCESSES, planner_seconds=story.planner_seconds)
    async with a_world(plan) as world, listening(world) as listener:
        player = Player(world, staged, Voice(world), listener)
        evening = Evening(world, player.scene)
        try:
            await player.begin()
            say(header())
            for day in staged.days:
                since = real.monotonic()
                one = await play_day(player, evening, day)
                one.seconds = round(real.monotonic() - since, 1)
                played.days.append(one)
                say(line(one))
                if one.broken and not go_on:
                    break
        except BaseException:
            tell(world, say)
            raise
        finally:
            await player.voice.close()
        if played.broken:
            tell(world, say)
        played.counts = dict(evening.judge.counts)
    played.seconds = real.monotonic() - begun
    return played


async def play_day(player: Player, evening: Evening, day: date) -> Day:
    """One day, and what its evening looks like."""
    await player.play(day)
    broken = await evening.all(player.now)
    async with player.world.owner() as tx:
        one = await figures(tx, player.scene.region, day, evening.standing)
    one.broken = broken
    one.happened = happened(player.staged, day)
    return one


def happened(staged: Staged, day: date) -> list[str]:
    """What the season brought on a day, in words."""
    n = (day - staged.region.start).days
    said = [WORDS[kind] for when, kind in staged.season.happenings if when == n]
    for supply in staged.season.supplies:
        comes = supply.due if supply.comes is None else supply.comes
        if comes == n:
            late = f", {comes - supply.due} days late" if comes > supply.due else ""
            said.append(f"a delivery comes{late}" + (", too small" if supply.part < 1 else ""))
        elif supply.due == n:
            said.append("a delivery does not come")
    return said


__all__ = ["Played", "World", "run"]
