"""Streams to a browser that something changed in its region."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from infra.postgres.database import Who
from services.web.access import ROLES, allow
from services.web.forms import Word
from services.web.parts import get_parts

router = APIRouter(include_in_schema=False)


@router.get("/events", response_class=EventSourceResponse)
async def follow(
    request: Request, who: Annotated[Who, Depends(allow(*ROLES))], since: Word | None = None
) -> AsyncIterator[ServerSentEvent]:
    """`hello`, `changed` and `tick`; never personal data, so that rights live in the normal GET.

    Who comes back says the last id that it saw, as a browser does by itself (`Last-Event-ID`) or as `?since=`.
    """
    last = request.headers.get("last-event-id") or since
    async for message in get_parts(request).hub.stream(who.region, last):
        yield message
