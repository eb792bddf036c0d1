"""Says of a request what the access log keeps of a look at persons, and logs that somebody was refused one."""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.crypto import Keys
from infra.errors import Unavailable
from infra.likeness import sound_words
from infra.person import Person
from infra.postgres.access_log import REFUSED, Look, log_reads
from infra.postgres.break_glass import NEIGHBOUR, SAME_NAME, Glass, Traits, read_traits
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


def emergency_look(request: Request, opening: Glass) -> Look:
    """Say that this request looks by an opening, for the reason that was given."""
    return replace(look(request, "read", opening.reason), glass=opening.id)


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
    found = (await open_persons(tx, keys, [wanted])).get(wanted)
    alike = list_alike(keys, await read_traits(tx), found)
    await log_reads(tx, who, [wanted], replace(how, alike=alike))
    return found


async def open_all(
    tx: "Connection", keys: Keys, who: Who, wanted: Sequence[UUID], how: Look
) -> dict[UUID, Person]:
    """Open everybody of a list or a file whom the reader may see, which is no choice of a person; each is logged."""
    found = await open_persons(tx, keys, wanted)
    await log_reads(tx, who, wanted, how)
    return found


def to_traits(
    keys: Keys, family_name: str = "", postcode: str = "", house_number: str = ""
) -> Traits:
    """Make keyed hashes of a name and an address, to compare with and nothing else; None of what is not given."""
    name = " ".join(sound_words(family_name, particles=False))
    code = "".join(postcode.split()).upper()
    number = "".join(house_number.split()).casefold()
    return Traits(
        keys.hash("reader's family name", name) if name else None,
        keys.hash("reader's postcode", code) if code else None,
        keys.hash("reader's address", f"{code} {number}") if code and number else None,
    )


def list_alike(keys: Keys, reader: Traits | None, person: Person | None) -> tuple[str, ...]:
    """List how a person resembles the reader: the same family name, the same street or house."""
    if reader is None or person is None:
        return ()
    theirs = to_traits(keys, person.family_name, person.postcode, person.house_number)
    found = []
    if reader.family_name is not None and reader.family_name == theirs.family_name:
        found.append(SAME_NAME)
    near = (reader.postcode, theirs.postcode), (reader.address, theirs.address)
    if any(own is not None and own == other for own, other in near):
        found.append(NEIGHBOUR)
    return tuple(found)


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
