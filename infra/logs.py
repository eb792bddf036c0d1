"""Log lines as JSON on standard error, without what is personal and without floods.

Of an exception only its kind, the places it passed and, for our own errors, its message are
written: messages of drivers and of pydantic repeat the values that they complain about.
"""

import json
import logging
import sys
import time
import traceback
from datetime import UTC, datetime

from typing_extensions import override

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
PERSONAL = frozenset(
    {"bsn", "birth_date", "first_name", "last_name", "full_name", "initials", "address", "street"}
    | {"house_number", "postcode", "phone", "email", "contact"}
    | {"password", "token", "secret", "body", "payload"}
)
QUIET_SECONDS = 10.0  # aiokafka writes about 75 lines a second while a broker is away
_OURS = ("events", "scheduling", "infra", "services")


class _Json(logging.Formatter):
    """One JSON object for each line."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {
            name: "***" if name in PERSONAL else value
            for name, value in vars(record).items()
            if name not in _STANDARD
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)


class _Rate(logging.Filter):
    """Lets the same complaint of a noisy library through once in a while, with its count."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] != self._prefix:
            return True
        key = (record.name, str(record.msg))
        since, suppressed = self._seen.get(key, (-QUIET_SECONDS, 0))
        if time.monotonic() - since < QUIET_SECONDS:
            self._seen[key] = (since, suppressed + 1)
            return False
        self._seen[key] = (time.monotonic(), 0)
        if suppressed:
            record.suppressed = suppressed
        return True


def describe(error: BaseException) -> dict[str, object]:
    """Kind, places and causes of an exception; its message only when it is one of ours."""
    kind = type(error)
    described: dict[str, object] = {
        "kind": f"{kind.__module__}.{kind.__qualname__}",
        "at": [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-12:]
        ],
    }
    if kind.__module__.partition(".")[0] in _OURS or isinstance(error, OSError):
        described["message"] = str(error)
    for name in ("sqlstate", "constraint_name", "table_name", "column_name"):
        if value := getattr(error, name, None):
            described[name] = value
    if isinstance(error, BaseExceptionGroup):
        described["parts"] = [describe(part) for part in error.exceptions]
    if error.__cause__ is not None:
        described["cause"] = describe(error.__cause__)
    return described


def configure(process: str, level: str = "INFO") -> None:
    """All logging of this process goes to standard error from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(process))
    handler.addFilter(_Rate("aiokafka"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
