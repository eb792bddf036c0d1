"""What the planner's page reads of shifts and teams: swapped ones, borrowed ones."""

from datetime import timedelta

import pytest

from infra.postgres.database import Who
from infra.postgres.pages import planner
from tests.builders import OTHER_REGION, REGION, say
from tests.facts import NOW, a_loan, a_shift, a_swap, a_team, uid

pytestmark = pytest.mark.postgres
PLANNER = Who("planner", REGION, None, "planner@example.org")


async def names_of_shifts(fresh) -> list[str]:
    reader = await fresh.open("reader")
    async with reader.reading(PLANNER) as tx:
        return [row.name for row in await planner.shifts(tx, REGION, NOW, NOW + timedelta(days=14))]


async def test_a_swapped_shift_stands_under_the_team_that_works_it(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_team("north"), a_team("south"), a_shift(team_id=uid("north")))

    await say(door, a_swap(("shift", "south")))

    assert await names_of_shifts(fresh) == ["South"]


async def test_a_borrowed_team_stands_beside_our_own_on_the_days_of_the_loan(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_team("north"), a_shift(team_id=uid("north")))
    theirs = [
        a_shift(f"shift {n}", a_loan().valid_until + timedelta(days=n), team_id=uid("lent"))
        for n in range(3)
    ]

    await say(
        door,
        a_team("lent"),
        *theirs,
        a_loan("one", REGION, team_id=uid("lent")),
        region=OTHER_REGION,
    )

    assert await names_of_shifts(fresh) == ["Lent", "North"]
