"""A routing server in the test's own process that answers as OSRM and Valhalla document, and misbehaves as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Point = tuple[float, float]  # lat, lon
HANG, DROP = 1, 2  # instead of a status
NOWHERE_RADIUS = 1e-6


def drive(a: Point, b: Point) -> tuple[float, float]:
    """Seconds and metres that differ by direction: northward is slower."""
    if a == b:
        return 0.0, 0.0
    metres = 1000.4 + 111_000 * (abs(a[0] - b[0]) + abs(a[1] - b[1]))
    return metres / 20 + (60.0 if b[0] > a[0] else 0.0), metres


@dataclass
class RoutingServer:
    """What it knows, what it refuses, and what was asked of it."""

    url: str = ""
    answers: list[int] = field(default_factory=list)  # statuses (or HANG, DROP) of the next answers
    always: int = 200
    off_road: set[Point] = field(default_factory=set)
    off_road_code: int = 171  # or 170, which Valhalla 3.9 says of a place near no road too
    apart: set[Point] = field(default_factory=set)  # places on an island: no way to the mainland
    most_coordinates: int = 100
    most_pairs: int = 2500
    data: str | None = "2021-02-01T00:00:00Z"
    spoil: Callable[[Any], Any] = lambda said: said  # what becomes of an answer
    requests: list[str] = field(default_factory=list)
    shapes: list[tuple[int, int]] = field(default_factory=list)

    @property
    def pairs(self) -> int:
        """Pairs that were asked of it, also those that it refused."""
        return sum(rows * columns for rows, columns in self.shapes)

    def cell(self, a: Point, b: Point) -> tuple[float | None, float | None]:
        return (None, None) if (a in self.apart) != (b in self.apart) else drive(a, b)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.raw_path}")
        status = self.answers.pop(0) if self.answers else self.always
        if status == HANG:
            await asyncio.sleep(3600)
        if status == DROP:
            assert request.transport is not None
            request.transport.abort()
        if status != 200:
            return web.Response(status=status if status > 99 else 200, text="<html>busy</html>")
        said_status, said = await self.read(request)
        said = self.spoil(said)
        text = said if isinstance(said, str) else json.dumps(said)
        return web.Response(status=said_status, text=text, content_type="application/json")

    async def read(self, request: web.Request) -> tuple[int, Any]:
        path = request.path
        if path.startswith("/table/v1/driving/"):
            return self.osrm_table(path.removeprefix("/table/v1/driving/"), request.query)
        if path.startswith("/nearest/v1/driving/"):
            return self.osrm({"code": "Ok", "waypoints": []})
        if path == "/status":
            return 200, {"version": "3.5.1", "tileset_last_modified": int(self.data or 0)}
        if path == "/sources_to_targets" and request.method == "POST":
            return self.valhalla_matrix(await request.json())
        return 400, {"code": "InvalidUrl", "message": "URL string malformed"}

    def osrm(self, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, said | ({"data_version": self.data} if self.data else {})

    def osrm_table(self, path: str, query: Any) -> tuple[int, Any]:
        points = [(float(lat), float(lon)) for lon, lat in (p.split(",") for p in path.split(";"))]
        sources = [points[int(i)] for i in query["sources"].split(";")]
        targets = [points[int(i)] for i in query["destinations"].split(";")]
        self.shapes.append((len(sources), len(targets)))
        assert query["annotations"] == "duration,distance"
        assert query["radiuses"].split(";") == ["2000"] * len(points)
        if len(points) > self.most_coordinates:
            return 400, {"code": "TooBig", "message": "Too many table coordinates"}
        if self.off_road & set(points):
            return 400, {"code": "NoSegment", "message": "Could not find a matching segment"}
        table = [[self.cell(a, b) for b in targets] for a in sources]
        return self.osrm(
            {
                "code": "Ok",
                "durations": [[cell[0] for cell in row] for row in table],
                "distances": [[cell[1] for cell in row] for row in table],
                "sources": [],
                "destinations": [],
            }
        )

    def valhalla_matrix(self, asked: Any) -> tuple[int, Any]:
        assert asked["costing"] == "auto"
        assert asked["units"] == "kilometers"
        assert {place["search_cutoff"] for place in asked["sources"] + asked["targets"]} == {2000}
        sources = [(place["lat"], place["lon"]) for place in asked["sources"]]
        targets = [(place["lat"], place["lon"]) for place in asked["targets"]]
        self.shapes.append((len(sources), len(targets)))
        if len(sources) * len(targets) > self.most_pairs:
            return refusal(150, "Exceeded max locations")
        if self.off_road & {*sources, *targets}:
            return refusal(self.off_road_code, "No suitable edges near location")
        if self.apart & {*sources, *targets} and not self.apart >= {
            *sources,
            *targets,
        }:  # not of one region
            return refusal(170, "Locations are in unconnected regions")
        rows = [
            [
                {"time": seconds and round(seconds), "distance": metres and round(metres / 1000, 3)}
                | {"from_index": i, "to_index": j}
                for j, b in enumerate(targets)
                for seconds, metres in [self.cell(a, b)]
            ]
            for i, a in enumerate(sources)
        ]
        return 200, {"sources_to_targets": rows, "units": "kilometers"}


def refusal(code: int, text: str) -> tuple[int, dict[str, Any]]:
    """An error as Valhalla says it."""
    return 400, {"error_code": code, "error": text, "status_code": 400, "status": "Bad Request"}


@asynccontextmanager
async def serving(**how: Any) -> AsyncIterator[RoutingServer]:
    """A routing server that listens."""
    server = RoutingServer(**how)
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{rest:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sockets = site._server.sockets  # type: ignore[union-attr]
    server.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
