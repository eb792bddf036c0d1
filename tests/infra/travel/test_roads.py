"""Travel by road from a server that answers as OSRM and Valhalla document, and from one that does not."""

import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import stamina

from infra.settings import Run
from infra.travel import asking
from infra.travel.choice import roads_of
from infra.travel.matrix import GUESSED, HOLE, HOLE_FACTOR, ROAD, Matrix, estimated
from infra.travel.roads import Found, Roads
from tests.infra.travel.routing_server import DROP, HANG, RoutingServer, drive, serving

KINDS = ("osrm", "valhalla")
POINTS = tuple((52.0 + k * 0.011, 5.0 + (k * 7 % 13) * 0.013) for k in range(12))


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    """A server that is busy is asked again at once, as often as ever."""
    with stamina.set_testing(True, attempts=99, cap=True):
        yield


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def roads(server: RoutingServer, kind: str, options: str = "") -> AsyncIterator[Roads]:
    async with roads_of(Run(travel_provider=kind, travel_url=server.url + "/" + options)) as made:
        assert made is not None
        yield made


async def travel(
    kind: str, points: Any = POINTS, known: Matrix | None = None, options: str = "", **how: Any
) -> tuple[Found, RoutingServer]:
    how.setdefault("data", "1612137600")
    async with serving(**how) as server, roads(server, kind, options) as made:
        return await made.complete(points, known), server


def pair(matrix: Matrix, a: int, b: int) -> tuple[int, int, int]:
    at = a * len(matrix.points) + b
    return matrix.seconds[at], matrix.metres[at], matrix.kinds[at]


def guess_of(a: int, b: int, points: Any = POINTS) -> tuple[int, int]:
    return pair(estimated(points), a, b)[:2]


async def test_every_pair_is_what_the_server_says_in_its_own_direction(kind):
    found, _ = await travel(kind)

    for a in range(12):
        for b in range(12):
            seconds, metres, how = pair(found.matrix, a, b)
            expected = drive(POINTS[a], POINTS[b])
            assert abs(seconds - expected[0]) <= 1
            assert abs(metres - expected[1]) <= 1
            assert how == ROAD
    assert pair(found.matrix, 0, 1)[0] == pair(found.matrix, 1, 0)[0] + 60
    assert (found.matrix.guessed, found.matrix.holes, found.why) == (0, 0, "")


async def test_osrm_is_asked_longitude_first_for_both_annotations():
    _, server = await travel("osrm", points=((52.1, 5.2), (52.3, 4.9)))

    assert server.requests == [
        "GET /nearest/v1/driving/5.200000,52.100000?number=1",
        "GET /table/v1/driving/5.200000,52.100000;4.900000,52.300000;5.200000,52.100000;4.900000,52.300000?sources=0;1&destinations=2;3&annotations=duration,distance&radiuses=2000;2000;2000;2000",
    ]


@pytest.mark.parametrize("side", [1, 5, 50])
async def test_a_big_matrix_is_asked_in_blocks(kind, side):
    found, server = await travel(kind, options=f"?block={side}")

    assert max(max(shape) for shape in server.shapes) <= side
    assert server.pairs == 144
    assert found.matrix.guessed == 0


async def test_a_block_that_is_too_big_for_the_server_is_cut(kind):
    found, server = await travel(kind, most_coordinates=7, most_pairs=9)

    assert (found.matrix.guessed, found.matrix.holes) == (0, 0)
    assert server.shapes[0] == (12, 12)


async def test_only_new_places_are_asked(kind):
    first, _ = await travel(kind, points=POINTS[:10])

    second, server = await travel(kind, points=POINTS, known=first.matrix)

    assert server.pairs == 2 * 12 + 10 * 2
    assert second.matrix.guessed == 0
    assert pair(second.matrix, 3, 4) == pair(first.matrix, 3, 4)


async def test_places_that_are_known_in_another_order_are_not_asked(kind):
    first, _ = await travel(kind)

    second, server = await travel(kind, points=POINTS[5::-1], known=first.matrix)

    assert server.shapes == []
    assert pair(second.matrix, 0, 5) == pair(first.matrix, 5, 0)


async def test_another_map_is_asked_for_everything(kind):
    first, _ = await travel(kind)

    second, server = await travel(kind, known=first.matrix, data="1700000000")

    assert server.pairs == 144
    assert (first.matrix.data, second.matrix.data) == ("1612137600", "1700000000")
    assert first.matrix.version != second.matrix.version


async def test_a_map_that_is_named_by_the_settings_is_not_asked_after(kind):
    found, server = await travel(kind, options="?data=may")

    assert found.matrix.data == "may"
    assert len(server.requests) == 1


async def test_a_pair_without_a_way_is_the_estimate_made_slower_and_is_told(kind):
    found, _ = await travel(kind, apart={POINTS[4]})

    guess = guess_of(4, 7)
    assert pair(found.matrix, 4, 7) == (
        int(guess[0] * HOLE_FACTOR), int(guess[1] * HOLE_FACTOR), HOLE,
    )  # fmt: skip
    assert found.matrix.holes == 22
    assert found.matrix.cut_off() == (4,)
    assert found.matrix.guessed == 0


async def test_holes_are_not_asked_again(kind):
    first, _ = await travel(kind, apart={POINTS[4]})

    second, server = await travel(kind, known=first.matrix)

    assert server.shapes == []
    assert second.matrix == first.matrix


@pytest.mark.parametrize("lost", [{POINTS[0]}, {POINTS[11]}, {POINTS[3], POINTS[4]}, set(POINTS)])
async def test_places_near_no_road_do_not_spoil_the_others(kind, lost):
    found, _ = await travel(kind, off_road=lost)

    kinds = {
        (a, b): pair(found.matrix, a, b)[2] for a in range(12) for b in range(12) if a != b
    }  # fmt: skip
    assert {at for at, how in kinds.items() if how == HOLE} == {
        (a, b) for a, b in kinds if POINTS[a] in lost or POINTS[b] in lost
    }
    assert GUESSED not in kinds.values()


MANY = tuple((52.0 + k * 0.004, 5.0 + (k * 7 % 13) * 0.013) for k in range(100))


@pytest.mark.parametrize("code", [170, 171])
@pytest.mark.parametrize("count", [1, 2])
async def test_places_near_no_road_are_found_with_few_questions_whatever_the_code(code, count):
    lost = set(MANY[7 : 7 + 40 * count : 40])

    found, server = await travel("valhalla", points=MANY, off_road=lost, off_road_code=code)

    assert found.matrix.cut_off() == tuple(k for k, place in enumerate(MANY) if place in lost)
    assert found.matrix.holes == 2 * 99 * count - count * (count - 1)
    assert found.matrix.guessed == 0
    assert len(server.shapes) < 20 + 20 * count


@pytest.mark.parametrize("count", [1, 10, 50])
async def test_an_island_is_found_with_few_questions_and_keeps_its_own_drives(count):
    island = set(MANY[::2][:count])

    found, server = await travel("valhalla", points=MANY, apart=island)

    assert found.matrix.holes == 2 * count * (100 - count)
    assert len(server.shapes) < 2 * 100 + 20
    assert found.matrix.guessed == 0


@pytest.mark.parametrize("busy", [429, 503, DROP])
async def test_a_server_that_is_busy_is_asked_again(kind, busy):
    found, server = await travel(kind, answers=[200, busy, busy])

    assert found.matrix.guessed == 0
    assert len(server.requests) == 4


@pytest.mark.parametrize("always", [429, 503, DROP])
async def test_a_server_that_stays_busy_leaves_the_estimate_and_says_so(kind, always):
    found, server = await travel(kind, always=always)

    assert found.matrix.guessed == 132
    assert pair(found.matrix, 2, 9) == (*guess_of(2, 9), GUESSED)
    assert found.why != ""
    assert len(server.requests) == (
        6 if always == DROP else 3
    )  # aiohttp tries a cut connection once more


async def test_a_silent_server_costs_one_answer_time_and_leaves_the_estimate(kind):
    found, server = await travel(kind, always=HANG, options="?seconds=0.5")

    assert (found.matrix.guessed, found.why) == (132, "no answer in time")
    assert len(server.requests) == 1


async def test_nobody_there_leaves_the_estimate(kind):
    async with serving() as server:
        gone = replace(server)

    async with roads(gone, kind) as made:
        found = await made.complete(POINTS, None)

    assert (found.matrix.guessed, found.matrix.data) == (132, "")
    assert "Connector" in found.why


async def test_a_server_that_stops_half_way_keeps_what_it_said(kind):
    found, _ = await travel(
        kind, options="?block=6&seconds=1", answers=[200, 200, 200, *[HANG] * 9]
    )

    assert found.matrix.guessed == 144 - 72 - 6
    assert found.why == "no answer in time"


async def test_what_was_known_stands_in_for_a_server_that_is_away(kind):
    first, _ = await travel(kind, points=POINTS[:10])

    second, _ = await travel(kind, known=first.matrix, always=HANG, options="?seconds=0.5")

    assert second.matrix.guessed == 2 * 11 + 2 * 10
    assert pair(second.matrix, 3, 4) == pair(first.matrix, 3, 4)
    assert second.matrix.data == first.matrix.data


async def test_the_old_map_stands_in_for_a_new_one_that_is_not_answered(kind):
    first, _ = await travel(kind)
    answers = [200, 200, *[HANG] * 9]

    half, _ = await travel(
        kind, known=first.matrix, data="1700000000", options="?block=6&seconds=1", answers=answers
    )
    whole, server = await travel(kind, known=half.matrix, data="1700000000")

    assert (half.matrix.guessed, half.matrix.data) == (0, "1612137600")
    assert (server.pairs, whole.matrix.data) == (144, "1700000000")


async def test_pairs_that_were_guessed_are_asked_when_the_server_is_back(kind):
    first, _ = await travel(kind, always=503)

    second, server = await travel(kind, known=first.matrix)

    assert (server.pairs, second.matrix.guessed) == (144, 0)


OSRM_SPOILT = {
    "a number below zero": lambda s: s | {"durations": [[-1.0] * 12] * 12},
    "not a number": lambda _: '{"code":"Ok","durations":' + str([[math.nan] * 12] * 12).replace("nan", "NaN") + "}",
    "endless": lambda s: s | {"distances": [[1e300] * 12] * 12},
    "a word": lambda s: s | {"distances": [["far"] * 12] * 12},
    "true": lambda s: s | {"distances": [[True] * 12] * 12},
    "too few rows": lambda s: s | {"durations": s.get("durations", [])[1:]},
    "rows too short": lambda s: s | {"durations": [r[1:] for r in s.get("durations", [])]},
    "no distances": lambda s: {k: v for k, v in s.items() if k != "distances"},
    "a list": lambda _: [],
    "no JSON": lambda _: "<html>",
    "nothing": lambda _: "",
}  # fmt: skip


@pytest.mark.parametrize("spoil", OSRM_SPOILT.values(), ids=OSRM_SPOILT.keys())
async def test_an_answer_of_osrm_that_can_not_be_is_not_used(spoil):
    found, server = await travel("osrm", spoil=spoil)

    assert found.matrix.guessed == 132
    assert found.why != ""
    assert len(server.shapes) == 1


def cells(said: Any, **changes: Any) -> Any:
    """The answer with these values in every cell."""
    rows = said.get("sources_to_targets", [])
    return said | {"sources_to_targets": [[cell | changes for cell in row] for row in rows]}


VALHALLA_SPOILT = {
    "a number below zero": lambda s: cells(s, time=-1),
    "a word": lambda s: cells(s, distance="far"),
    "miles": lambda s: s | {"units": "miles"},
    "another order": lambda s: s | {"sources_to_targets": s.get("sources_to_targets", [])[::-1]},
    "too few": lambda s: s | {"sources_to_targets": s.get("sources_to_targets", [])[:-1]},
    "no cells": lambda s: s | {"sources_to_targets": [[7] * 12] * 12},
    "no table": lambda _: {},
    "no JSON": lambda _: "<html>",
}  # fmt: skip


@pytest.mark.parametrize("spoil", VALHALLA_SPOILT.values(), ids=VALHALLA_SPOILT.keys())
async def test_an_answer_of_valhalla_that_can_not_be_is_not_used(spoil):
    found, _ = await travel("valhalla", spoil=spoil)

    assert found.matrix.guessed == 132
    assert found.why != ""


async def test_valhalla_may_answer_with_its_compact_arrays():
    def compact(said: Any) -> Any:
        rows = said.get("sources_to_targets", [])
        arrays = {"durations": [[c["time"] for c in row] for row in rows]}
        arrays["distances"] = [[c["distance"] for c in row] for row in rows]
        return said | {"sources_to_targets": arrays}

    found, _ = await travel("valhalla", spoil=compact)

    assert found.matrix.guessed == 0
    assert abs(pair(found.matrix, 0, 5)[1] - drive(POINTS[0], POINTS[5])[1]) <= 1


async def test_a_request_that_the_server_does_not_understand_is_not_repeated():
    found, server = await travel("osrm", spoil=lambda s: s | {"code": "InvalidValue"})

    assert (found.matrix.guessed, found.why) == (132, "status 200 InvalidValue")
    assert len(server.shapes) == 1


async def test_nothing_that_a_server_says_is_repeated_in_a_message():
    found, _ = await travel("osrm", spoil=lambda s: s | {"code": "secret"})

    assert "secret" not in found.why


async def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(asking, "LONGEST_ANSWER", 1000)

    found, _ = await travel("osrm")

    assert (found.matrix.guessed, found.why) == (132, "an answer without end")


@pytest.mark.parametrize("count", [0, 1])
async def test_fewer_than_two_places_need_no_server(kind, count):
    found, server = await travel(kind, points=POINTS[:count])

    assert (len(found.matrix.seconds), server.requests) == (count, [])


async def test_two_addresses_at_one_door_are_one_second_apart(kind):
    near = ((52.1, 5.1), (52.1000001, 5.1))

    found, _ = await travel(kind, points=near, spoil=lambda s: zero(s))

    assert pair(found.matrix, 0, 1) == (1, 1, ROAD)


def zero(said: Any) -> Any:
    """The answer with zeros."""
    if "durations" in said:
        return said | {"durations": [[0, 0], [0, 0]], "distances": [[0, 0], [0, 0]]}
    return cells(said, time=0, distance=0)
