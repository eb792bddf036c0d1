"""The life of a plan through the broker, all processes and HTTP: from the fact to what a planner reads and decides."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from events.organisations import PolicyChanged
from infra.postgres.database import Who
from infra.settings import read_secret
from infra.tokens import mint
from services.demo.scenario import Scenario
from tests.bench import happenings
from tests.bench.replanning import World, a_world, load
from tests.conftest import Fresh
from tests.flow.processes import until

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]
SMALL = Scenario(institutions=8, residents=90, practices=6, teams=2, days=5)
QUICK = {"PLANNER_SECONDS": "1", "PLANNER_QUIET_SECONDS": "1"}
BY_HAND = PolicyChanged(publish_automatically=False, notice_days=0)


@dataclass
class Planner:
    """Somebody who plans the region, over HTTP."""

    world: World
    name: str = "anna"

    def headers(self) -> dict[str, str]:
        key = read_secret(self.world.fresh.servers.folder.session_key).encode()
        who = Who("planner", self.world.region, uuid4(), f"test:{self.name}")
        return {"Authorization": f"Bearer {mint(key, who)}"}

    async def get(self, path: str) -> Any:
        answer = await self.world.client.get(f"/api/v1/{path}", headers=self.headers())
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read(self, path: str) -> str:
        answer = await self.world.client.get(path, headers=self.headers())
        assert answer.status_code == 200, answer.text
        return answer.text

    async def decide(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = await self.world.client.post(f"/api/v1/{path}", json=body, headers=self.headers())
        return answer.status_code, answer.json()


@pytest.fixture
async def world(fresh: Fresh, kafka, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(fresh, kafka, tmp_path, SMALL, **QUICK) as made:
        await load(made, SMALL, tmp_path)
        yield made


async def test_new_people_become_a_proposal_that_two_planners_read_and_one_takes(world: World):
    anna, bert = Planner(world), Planner(world, "bert")
    before = await world.standing()
    people = await happenings.new_registrations(world, Random(1))
    told = await world.say([BY_HAND])
    await world.wait_for(told)
    await world.wait_for(await world.say(people.payloads))
    names = {str(one.person_id) for one in people.payloads if hasattr(one, "person_id")}
    found: dict[str, Any] = {}

    async def is_proposed() -> bool:
        newest = (await anna.get("plans?limit=1"))["plans"][0]
        if newest["state"] != "proposed":
            return False
        found.update(await anna.get(f"plans/{newest['plan']}/diff"))
        return any(line["kind"] == "new" for line in found["lines"])

    await until(is_proposed, 120)
    plan, lines = found["plan"], found["lines"]
    assert await world.standing() == before  # nothing goes out before somebody decides
    read = await anna.read(f"/planning/voorstel/{plan}")
    assert all(line["text"]["nl"] in read for line in lines)

    wanted = {"lines": [line["id"] for line in lines], "reason": "iedereen erbij"}
    answers = await asyncio.gather(
        anna.decide(f"plans/{plan}/approve", wanted), bert.decide(f"plans/{plan}/approve", wanted)
    )

    (won, first), (lost, second) = sorted(answers, key=lambda answer: answer[0])
    assert (won, lost) == (200, 409), answers
    by = first["plan"]["decision"]["by"]
    assert by in second["text"]["nl"]
    assert (await anna.get(f"plans/{first['plan']['plan']}"))["state"] == "published"
    after = await world.standing()
    assert before.people.keys() <= after.people.keys()
    assert names & {str(person) for person, _ in after.people}
    versions = await bert.read("/planning/plannen")
    assert "De reden: iedereen erbij." in versions
    assert f"Goedgekeurd door {by}" in versions
