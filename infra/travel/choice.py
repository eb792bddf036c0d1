"""Chooses the source of travel times by the settings: the estimate, or a routing server."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from infra.errors import NotConfigured
from infra.settings import Run
from infra.travel.asking import Asking
from infra.travel.osrm import Osrm
from infra.travel.roads import Roads
from infra.travel.server import NEAR_METRES, Server
from infra.travel.valhalla import Valhalla

BLOCK: Final = (
    50  # 100 coordinates and 2,500 pairs: what OSRM and Valhalla take unless told otherwise
)
SECONDS: Final = 10.0
ROUND: Final = 3  # a whole round may take as long as this many answers
KINDS: Final[Mapping[str, type[Osrm] | type[Valhalla]]] = {"osrm": Osrm, "valhalla": Valhalla}
PROFILE: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Choice:
    """A routing server, as the settings name it."""

    server: Server
    url: str
    block: int = BLOCK
    seconds: float = SECONDS  # for one answer
    data: str = ""


def chosen(run: Run) -> Choice | None:
    """Parses TRAVEL_PROVIDER and TRAVEL_URL; None for the estimate. Raises NotConfigured."""
    if run.travel_provider == "estimate":
        return None
    parts = urlsplit(run.travel_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise NotConfigured("TRAVEL_URL is the address of the routing server, http://host:port")
    if parts.username or parts.password:
        raise NotConfigured("TRAVEL_URL holds no user: a routing server stands in our own network")
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    server = KINDS[run.travel_provider]
    profile = said.pop("profile", server().profile)
    block, seconds = said.pop("block", str(BLOCK)), said.pop("seconds", str(SECONDS))
    near, data = said.pop("radius", str(NEAR_METRES)), said.pop("data", "")
    if said or not PROFILE.fullmatch(profile) or not data.isprintable():
        raise NotConfigured(
            "TRAVEL_URL takes profile, block, radius, seconds and data after its `?`"
        )
    return Choice(
        server(profile, int(number("radius", near, 10, 35_000))),
        urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")),
        int(number("block", block, 1, 5000)),
        number("seconds", seconds, 0.1, 600),
        data[:40],
    )


def number(name: str, text: str, least: float, most: float) -> float:
    """Parses a number between two bounds. Raises NotConfigured."""
    try:
        found = float(text)
    except ValueError:
        found = least - 1
    if not least <= found <= most:
        raise NotConfigured(f"TRAVEL_URL: {name} is a number from {least:g} to {most:g}")
    return found


@asynccontextmanager
async def roads_of(run: Run) -> AsyncIterator[Roads | None]:
    """Opens the chosen server; None for the estimate. Raises NotConfigured."""
    choice = chosen(run)
    if choice is None:
        yield None
        return
    async with Asking(choice.url, choice.seconds) as asking:
        yield Roads(
            choice.server,
            asking,
            block=choice.block,
            seconds=choice.seconds * ROUND,
            data=choice.data,
        )
