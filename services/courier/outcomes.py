"""Why a receiver rejected a return record: what its OperationOutcome says, in the few words that we keep."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import orjson

from events.reports import ReturnRefusal

if TYPE_CHECKING:
    from infra.webhooks import Answer

# Codes of issues (FHIR R4, issue-type) that say more than "invalid".
MEANINGS: Final = {
    "not-found": ReturnRefusal.UNKNOWN_PERSON,
    "unknown": ReturnRefusal.UNKNOWN_PERSON,
    "duplicate": ReturnRefusal.ALREADY_THERE,
    "conflict": ReturnRefusal.ALREADY_THERE,
    "security": ReturnRefusal.NOT_ALLOWED,
    "login": ReturnRefusal.NOT_ALLOWED,
    "forbidden": ReturnRefusal.NOT_ALLOWED,
    "suppressed": ReturnRefusal.NOT_ALLOWED,
    "invalid": ReturnRefusal.INVALID,
    "structure": ReturnRefusal.INVALID,
    "required": ReturnRefusal.INVALID,
    "value": ReturnRefusal.INVALID,
    "invariant": ReturnRefusal.INVALID,
    "code-invalid": ReturnRefusal.INVALID,
    "business-rule": ReturnRefusal.INVALID,
}


def read_refusal(answer: "Answer | None") -> ReturnRefusal:
    """Why this was rejected; None: its practice never said who the person is."""
    if answer is None:
        return ReturnRefusal.UNKNOWN_PERSON
    known = (MEANINGS[code] for code in list_codes(answer.body) if code in MEANINGS)
    return next(known, ReturnRefusal.OTHER)


def list_codes(body: bytes) -> Iterator[str]:
    """The codes of the errors in an OperationOutcome; nothing for anything else."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    issues = found.get("issue") if isinstance(found, dict) else None
    for issue in issues if isinstance(issues, list) else ():
        if isinstance(issue, dict) and issue.get("severity") in ("error", "fatal"):
            code = issue.get("code")
            if isinstance(code, str):
                yield code
