"""Says of a request what the access log keeps of a look at persons, and logs that somebody was refused one."""

import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.crypto import Keys
from infra.errors import Unavailable
from infra.person import Person
from infra.postgres.access_log import REFUSED, Look, log_reads
from infra.postgres.database import Database, Who
from infra.postgres.vault import open_persons
from services.web.access import find_seat
from services.web.parts import get_parts

if TYPE_CHECKING:
    from infra.postgres.database import Connection

logger = logging.getLogger(__name__)
REFUSALS: Final = (403, 404)
NAMED: Final = ("person", "person_id")  # parameters of a path that are a person
ASKED: Final = ("patient",)  # and of a query


def find_route(scope: Scope) -> str:
    """Name the route that serves a request: method and address with the names of its parameters, never their values."""
    path = getattr(scope.get("route"), "path", "")
    return f"{scope['method']} {scope.get('root_path', '')}{path}"


def look(
    request: Request, action: Literal["list", "read", "identify", "stream", "ask"], why: str
) -> Look:
    """Say how this request looks at persons."""
    return Look(
        action=action,
        why=why,
        route=find_route(request.scope),
        origin=request.client.host if request.client else "",
        session=getattr(request.state, "session", None),
    )


def is_renewal(request: Request) -> bool:
    """Whether a page that is open renews itself: nobody asked for it, and what it shows was shown before."""
    return request.headers.get("hx-request") == "true"


async def log_shown(
    tx: "Connection",
    request: Request,
    who: Who,
    persons: Iterable[UUID],
    action: Literal["list", "stream", "ask"],
    why: str,
) -> None:
    """Log that these persons are shown. A page that renews itself leaves one line for each in ten minutes, not hundreds."""
    how, parts = look(request, action, why), get_parts(request)
    now, renews = parts.clock.monotonic(), is_renewal(request)
    fresh = parts.looked.note(who, how.route, sorted(set(persons)), now, renews=renews)
    await log_reads(tx, who, fresh, how)


async def open_one(
    tx: "Connection", keys: Keys, who: Who, wanted: UUID, how: Look
) -> Person | None:
    """Open one person whom the reader may see; that it was read is logged, also where no name is known."""
    found = await open_persons(tx, keys, [wanted])
    await log_reads(tx, who, [wanted], how)
    return found.get(wanted)


def find_persons(told: Any) -> set[UUID]:
    """Find the persons that are named somewhere in the payload of an event."""
    found: set[UUID] = set()
    if isinstance(told, dict):
        for name, value in told.items():
            if name == "person_id" and isinstance(value, str):
                found.add(UUID(value))
            else:
                found |= find_persons(value)
    elif isinstance(told, list):
        for value in told:
            found |= find_persons(value)
    return found


def find_persons_in(bodies: Iterable[str]) -> set[UUID]:
    """Find the persons in payloads as JSON; what names none is not read."""
    return set().union(*(find_persons(json.loads(body)) for body in bodies if "person_id" in body))


class Trail:
    """Wraps the application: who asks for a person by address and is refused leaves a line too, before the answer goes."""

    def __init__(self, app: ASGIApp, reader: Database) -> None:
        self._app = app
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_logged(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in REFUSALS:
                await self._log(Request(scope))
            await send(message)

        await self._app(scope, receive, send_logged)

    async def _log(self, request: Request) -> None:
        persons, seat = list_asked(request), find_seat(request)
        if not persons or seat is None:
            return
        how = look(request, "ask", "")
        try:
            async with self._reader.reading(seat.who) as tx:
                await log_reads(tx, seat.who, persons, how, REFUSED)
        except Unavailable as error:  # nothing was shown: the refusal stands without its line
            logger.warning("a refused look was not logged: %s", error)


def list_asked(request: Request) -> list[UUID]:
    """List the persons that the address of a request names."""
    said = [request.path_params.get(name) for name in NAMED]
    said += [request.query_params.get(name) for name in ASKED]
    found = []
    for one in said:
        try:
            found.append(UUID(str(one)))
        except ValueError:
            continue
    return found
