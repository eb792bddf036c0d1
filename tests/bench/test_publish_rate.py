"""How long one transaction takes that publishes a plan, and those that take everybody of it off again.

Run by `make bench`. PEOPLE names the sizes: a large region plans some thousands in 14 days. A transaction over 8 s is cut.
"""

import os
from collections.abc import Iterator, Sequence
from typing import TypeVar

import pytest

from events.identifiers import Payload
from events.practice import ConsentStatus
from infra.postgres.database import DEADLINE_SECONDS
from services.accept.submission import Status
from tests.bench.measuring import CLOCK, show
from tests.builders import SmallRegion, a_plan, say
from tests.conftest import Fresh
from tests.facts import a_consent, an_assignment, uid

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(3600)]
SIZES = [int(size) for size in os.environ.get("PEOPLE", "1000,4000,10000").split(",")]
AT_A_VISIT = 20
A_BATCH = int(os.environ.get("BATCH", "500"))  # 500 is what intake offers at once


Row = TypeVar("Row")


def pieces(of: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    return (of[n : n + size] for n in range(0, len(of), size))


async def timed(fresh: Fresh, payloads: Sequence[Payload]) -> tuple[float, float]:
    """Seconds of all batches together, and of the slowest."""
    door = await fresh.open("acceptor")
    took = []
    for batch in pieces(payloads, A_BATCH):
        began = CLOCK.monotonic()
        outcomes = await say(door, *batch)
        took.append(CLOCK.monotonic() - began)
        assert {one.status for one in outcomes} == {Status.ACCEPTED}
    return sum(took), max(took)


@pytest.mark.parametrize("size", SIZES)
async def test_publishing_and_taking_off(fresh: Fresh, capsys, size: int):
    region = SmallRegion(people=size)
    door = await fresh.open("acceptor")
    await say(door, *region.places(), *region.supply(), *region.crews())
    stored = await timed(fresh, region.patients())
    visits = [
        an_assignment(f"visit {n}", [f"p{one}" for one in people], 6 + n % 12).model_copy(
            update={
                "location_id": uid(region.locations[n % 2]),
                "shift_id": uid(f"s{n}"),
                "team_id": uid(f"t{n}"),
            }
        )
        for n, people in enumerate(
            pieces([one for half in (0, 1) for one in range(half, size, 2)], AT_A_VISIT)
        )
    ]
    began = CLOCK.monotonic()
    (outcome,) = await say(door, a_plan("a", (1, 100 * size), *visits))
    published = CLOCK.monotonic() - began
    refusals = [
        a_consent(f"p{n}", location_id=uid(region.locations[n % 2]), status=ConsentStatus.REFUSED)
        for n in range(size)
    ]
    taken_off = await timed(fresh, refusals)

    show(
        capsys,
        f"A plan of {size:,} people; a transaction ends at {DEADLINE_SECONDS:.0f} s",
        [
            (
                "storing them (two facts each), slowest batch",
                f"{stored[0]:.1f} s, {stored[1]:.2f} s",
            ),
            ("publishing the plan", f"{published:.2f} s"),
            (
                f"a refusal of each, slowest batch of {A_BATCH:,}",
                f"{taken_off[0]:.1f} s, {taken_off[1]:.2f} s",
            ),
        ],
    )
    assert outcome.status is Status.ACCEPTED
