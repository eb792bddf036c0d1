"""Travel by road from the real engines: what lies on no map is never a drive by road."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from infra.settings import Run
from infra.travel.choice import roads_of
from infra.travel.matrix import GUESSED, HOLE, ROAD
from infra.travel.roads import Found
from tests.infra.travel.engines import BESIDE, FAR, ISLAND, VILLAGES, engine

pytestmark = [pytest.mark.slow]
Engine = tuple[str, str]


@pytest.fixture(scope="module", params=["osrm", "valhalla"])
async def real(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Engine]:
    async with engine(request.param, tmp_path_factory.mktemp("map")) as url:
        yield request.param, url


async def travel(real: Engine, points: Any, options: str = "") -> Found:
    kind, url = real
    run = Run(travel_provider=kind, travel_url=url + "/" + options)
    async with roads_of(run) as roads:
        assert roads is not None
        return await roads.complete(tuple(points), None)


def kinds_between(found: Found, some: Any, others: Any) -> set[int]:
    points = found.matrix.points
    n = len(points)
    return {
        found.matrix.kinds[points.index(a) * n + points.index(b)]
        for one, other in ((some, others), (others, some))
        for a in one
        for b in other
        if a != b
    }


async def test_every_drive_between_places_on_the_map_is_by_road(real: Engine):
    found = await travel(real, VILLAGES)

    assert (found.matrix.guessed, found.matrix.holes, found.why) == (0, 0, "")
    assert found.matrix.data != ""
    neighbours = found.matrix.metres[1], found.matrix.metres[6]
    assert all(1900 < metres < 2100 for metres in neighbours), neighbours


@pytest.mark.parametrize("place", [FAR, BESIDE], ids=["over the border", "in a lake"])
async def test_a_place_off_the_map_is_no_drive_by_road_and_leaves_the_others_alone(
    real: Engine, place: tuple[float, float]
):
    found = await travel(real, (*VILLAGES, place))

    assert kinds_between(found, VILLAGES, [place]) == {HOLE}
    assert kinds_between(found, VILLAGES, VILLAGES) == {ROAD}
    assert found.matrix.cut_off() == (len(VILLAGES),)
    assert GUESSED not in found.matrix.kinds
    assert found.asked < 40


async def test_a_radius_that_is_wider_takes_a_place_beside_the_road(real: Engine):
    found = await travel(real, (*VILLAGES, BESIDE), "?radius=6000")

    assert kinds_between(found, VILLAGES, [BESIDE]) == {ROAD}


async def test_places_off_the_map_and_on_an_island_are_found_with_few_questions(real: Engine):
    apart = (FAR, BESIDE, ISLAND, (51.5, 5.0), (52.0, 4.0))

    found = await travel(real, (*VILLAGES[:20], *apart, *VILLAGES[20:]))

    assert kinds_between(found, VILLAGES, apart) == {HOLE}
    assert kinds_between(found, VILLAGES, VILLAGES) == {ROAD}
    assert GUESSED not in found.matrix.kinds
    assert found.asked < 200
