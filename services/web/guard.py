"""Adds security headers and caching to every response, and measures it."""

from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.clock import Clock
from infra.metrics import Metrics

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
FOR_EVER: Final = "public, max-age=31536000, immutable"


class Guard:
    """Wraps the application; bodies pass through untouched, so that streams keep flowing."""

    def __init__(self, app: ASGIApp, metrics: Metrics, clock: Clock) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not is_static(scope) or message["status"] >= 400:
                    # Also what names nobody: a page that is kept would be shown to whoever sits there next.
                    headers["Cache-Control"] = "no-store"
                elif is_versioned(scope):
                    headers["Cache-Control"] = FOR_EVER
                self._measure(scope, message["status"], began)
            await send(message)

        await self._app(scope, receive, send_guarded)

    def _measure(self, scope: Scope, status: int, began: float) -> None:
        route = getattr(scope.get("route"), "path", None)
        route = "other" if route is None else f"{scope.get('root_path', '')}{route}"
        self._metrics.requests.labels(route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(self._clock.monotonic() - began)


def is_static(scope: Scope) -> bool:
    """Whether this is a file that is the same for everybody."""
    return str(scope["path"]).startswith("/static/")


def is_versioned(scope: Scope) -> bool:
    """Whether the address of a static file says its version, so that it changes with its content."""
    return bool(parse_qs(scope["query_string"].decode("latin-1")).get("v"))
