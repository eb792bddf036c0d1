"""Names the version of the API in every response, and keeps the paths without a version for one more release."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

VERSION: Final = "1.0.0"  # semantic version of the API, independent of that of the software
ROOT: Final = "/api/v1"
WITHOUT: Final = "/api/"
WITH: Final = re.compile(r"/api/v[0-9]+(/|$)")

# The next release may drop the old paths, but not before the half year that is promised here.
OLD_SINCE: Final = datetime(2026, 11, 30, tzinfo=UTC)
OLD_UNTIL: Final = datetime(2027, 5, 31, tzinfo=UTC)


class Versions:
    """Adds the version header, and routes paths without a version to version 1."""

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
            # Changed in place: Guard, around us, finds the route in this same scope.
            scope["path"], scope["raw_path"] = path, path.encode("utf-8", "surrogateescape")
            headers |= announce_end(path)

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, send_named)


def announce_end(successor: str) -> dict[str, str]:
    """Build the headers that announce the end of an old path (RFC 9745, RFC 8594) and its successor."""
    return {
        "Deprecation": f"@{OLD_SINCE.timestamp():.0f}",
        "Sunset": format_datetime(OLD_UNTIL, usegmt=True),
        "Link": f'<{successor}>; rel="successor-version", </docs>; rel="deprecation"',
    }
