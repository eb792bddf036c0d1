"""Streams to a browser that something changed in its region."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from infra.errors import Unavailable
from infra.postgres.database import Who
from services.web.access import ROLES, allow, find_open_seat
from services.web.forms import Word
from services.web.hub import Pass
from services.web.parts import get_parts

router = APIRouter(include_in_schema=False)


@router.get("/events", response_class=EventSourceResponse)
async def follow(
    request: Request, who: Annotated[Who, Depends(allow(*ROLES))], since: Word | None = None
) -> AsyncIterator[ServerSentEvent]:
    """`hello`, `changed` and `tick`, and `ended` when the session does; never personal data, so that rights live in the normal GET.

    Who comes back says the last id that it saw, as a browser does by itself (`Last-Event-ID`) or as `?since=`.
    """
    last = request.headers.get("last-event-id") or since
    session = request.state.session

    async def holds() -> bool:
        try:
            return await find_open_seat(request) is not None
        except Unavailable:
            return True  # it says only that something changed; whoever asks what, is asked for the session

    may_go_on = Pass("" if session is None else str(session), holds)
    async for message in get_parts(request).hub.stream(who.region, last, may_go_on):
        yield message
