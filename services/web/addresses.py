"""Names the parameter of a path that no text can be: a control character, or bytes that are not UTF-8."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import compile_path

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
NOT_UTF8: Final = "\ufffd"  # what the server makes of bytes that are none
WHOLE: Final = "path"  # of a path that is no route of ours, or is wrong where it has no parameter


def list_patterns(routers: Iterable[APIRouter], below: str = "") -> list[re.Pattern[str]]:
    """Patterns of the paths with parameters, which are groups of their own names."""
    found = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    return [compile_path(below + one.path)[0] for one in found if "{" in one.path]


def find_unreadable(path: str, patterns: Sequence[re.Pattern[str]]) -> list[str]:
    """Names of the parameters that are no text; empty when the whole path is one."""
    if is_text(path):
        return []
    for pattern in patterns:
        if (found := pattern.match(path)) is not None:
            return [name for name, value in found.groupdict().items() if not is_text(value)]
    return [WHOLE]


def is_text(part: str) -> bool:
    """Whether this part of a path is text, without control characters."""
    return not CONTROL.search(part) and NOT_UTF8 not in part
