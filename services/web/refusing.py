"""What a request is refused for before or beside its handler: a kind, the fields at fault by name, never a value.

One exception for pages and API; each answers it in its own form.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# A field is named only as we name fields ourselves: a sender may have put a value where a name belongs.
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: the last part of its `type`, its status, and its text."""

    name: str
    status: int
    title: str
    detail: str


HOST: Final = Kind(
    "unknown_host", 421, "Unknown host", "This service does not go by this name; see WEB_HOSTS."
)
TOO_LARGE: Final = Kind("too_large", 413, "Too large", "Send less at once.")
TOO_COMPLEX: Final = Kind(
    "too_complex",
    413,
    "Too many parts",
    "Too many values, or nested too deeply: send less at once.",
)
TOO_LONG: Final = Kind("too_long", 414, "Address too long", "The address is too long.")
NOT_THIS_TYPE: Final = Kind(
    "content_type", 415, "Wrong content type", "Files are not taken: send the fields themselves."
)
SLOW_BODY: Final = Kind("slow", 408, "Too slow", "The request did not arrive in time.")
BUSY: Final = Kind("busy", 503, "Busy", "Nothing was stored: too much at once. Ask again soon.")
TOO_MANY: Final = Kind(
    "too_many",
    429,
    "Too many requests",
    "Nothing was stored. Come back after Retry-After, and send more in one request.",
)
GUESSING: Final = Kind(
    "guessing",
    429,
    "Too many versions of one person",
    "Nothing was stored: too many BSNs or postcodes for one name and birth date today. Ask the person, or the helpdesk.",
)
TIMED_OUT: Final = Kind(
    "timed_out",
    503,
    "No answer in time",
    "Whether it was stored is not known. Send it again as it was, with the same id.",
)
ADDRESS: Final = Kind(
    "invalid_input", 400, "Invalid input", "Some of the input does not fit; see errors."
)
FIELDS: Final = Kind("fields", 422, "Invalid input", "Some fields do not fit; see errors.")
# What is only thought of lives in the memory of one web process (decision 0030): whoever asks for it later is told.
NOT_KEPT: Final = Kind(
    "not_kept",
    404,
    "Not kept",
    "Nothing of it is kept here: it was never asked in this region, is over two hours old, or this web process was "
    "restarted since. Nothing was stored or is half done. Ask it again.",
)
AGAIN_SECONDS: Final = 5  # when to come back after a refusal that passes by itself


class Refused(Exception):
    """A request that is not taken; `fields` are names, `place` where in the request they stand."""

    def __init__(
        self,
        kind: Kind,
        *,
        place: str = "body",
        fields: Iterable[str] = (),
        code: str = "",
        why: str = "",
        again_seconds: int = AGAIN_SECONDS,
    ) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.place = place
        self.fields = plain_names(fields)
        self.code = code
        self.again_seconds = again_seconds
        self.why = why or kind.name  # key of the wording

    @property
    def headers(self) -> dict[str, str]:
        """When to come back, for what passes by itself; and that this connection ends, for what never came whole."""
        if self.kind in (BUSY, TIMED_OUT, TOO_MANY, GUESSING):
            return {"Retry-After": str(self.again_seconds)}
        return {"Connection": "close"} if self.kind is SLOW_BODY else {}


def plain_names(fields: Iterable[str]) -> tuple[str, ...]:
    """The names that can be told: each once, in order, and only what looks like a name of ours."""
    return tuple(sorted({name for name in fields if NAME.fullmatch(name)}))
