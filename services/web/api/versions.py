"""Which version of the API answers: `/api/v1`, and for one release more the paths without a version."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

VERSION: Final = "1.0.0"  # semantic: of the whole interface, beside that of the software
ROOT: Final = "/api/v1"
WITHOUT: Final = "/api/"
WITH: Final = re.compile(r"/api/v[0-9]+(/|$)")

# The release that follows may drop these paths, but not before this half year is over.
OLD_SINCE: Final = datetime(2026, 11, 30, tzinfo=UTC)
OLD_UNTIL: Final = datetime(2027, 5, 31, tzinfo=UTC)


class Versions:
    """Names the version in each answer of the API, and leads paths without a version to the first one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(WITHOUT):
            await self._app(scope, receive, send)
            return
        headers = {"API-Version": VERSION}
        if not WITH.match(path):
            path = ROOT + path.removeprefix("/api")
            # Changed in place: whoever measures around us looks up the route in this same scope.
            scope["path"], scope["raw_path"] = path, path.encode("utf-8", "surrogateescape")
            headers |= announce_end(path)

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, send_named)


def announce_end(successor: str) -> dict[str, str]:
    """What an answer on an old path says of its end (RFC 9745, RFC 8594) and of the path that follows it."""
    return {
        "Deprecation": f"@{OLD_SINCE.timestamp():.0f}",
        "Sunset": format_datetime(OLD_UNTIL, usegmt=True),
        "Link": f'<{successor}>; rel="successor-version", </docs>; rel="deprecation"',
    }
