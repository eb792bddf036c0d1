"""Answers errors of the API as problem details (RFC 9457): what is wrong and where, never the value."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from infra.errors import Paused, RefusedByStore, Unavailable
from services.web.access import Forbidden, NotSignedIn
from services.web.codes import note_code
from services.web.refusing import NAME, Kind, Refused
from services.web.writing import NotYours

PROBLEM: Final = "application/problem+json"
URN: Final = "urn:prikploeg:problem:"
Place = Literal["body", "query", "path", "header", "cookie"]


INVALID = Kind("invalid_input", 400, "Invalid input", "Some of the input does not fit; see errors.")
SIGNED_OUT = Kind("signed_out", 401, "Not signed in", "Send a bearer token that is still valid.")
FORBIDDEN = Kind("forbidden", 403, "Not allowed", "This role may not do this.")
CHOOSE = Kind(
    "choose_organisation",
    403,
    "For which organisation?",
    "This token is of somebody who acts for several: say one of them in the header Prikploeg-Organisation.",
)
NOT_YOURS = Kind(
    "forbidden.organisation",
    403,
    "Not allowed",
    "An event speaks for another organisation, or of somebody who is not its patient.",
)
NOT_FOUND = Kind("not_found", 404, "Not found", "There is nothing here, or nothing of yours.")
NOT_THIS_WAY = Kind("method", 405, "Method not allowed", "See the header Allow.")
ID_REUSED = Kind(
    "id_reused", 409, "Identifier reused", "This source and id were said before, with other data."
)
TOO_LARGE = Kind("too_large", 413, "Too large", "Send less at once.")
WRONG_TYPE = Kind("content_type", 415, "Wrong content type", "See the description of the API.")
STALE = Kind(
    "stale", 409, "Changed meanwhile", "Nothing was stored: look at what changed, and check again."
)
CANNOT_HOLD = Kind(
    "cannot_hold", 409, "Cannot hold", "The pin or move breaks a rule and was not stored; see rule."
)
REFUSED_EVENT = Kind("refused_event", 422, "Refused", "The event was quarantined; see outcomes.")
REFUSED_PERSONS = Kind(
    "refused_persons", 422, "Refused in part", "Some persons were refused; see errors."
)
FAILED = Kind("failed", 500, "Failed", "The service made a mistake; nothing can be said of it.")
REFUSED_BY_STORE = Kind(
    "refused_by_store", 422, "Refused", "The database does not take a value; nothing was stored."
)
UNAVAILABLE = Kind("unavailable", 503, "Unavailable", "Nothing was stored. Ask again soon.")
PAUSED = (
    "Nothing was stored: the state is being made anew after an upgrade. Ask again in some minutes."
)
BY_STATUS: Final = {kind.status: kind for kind in (NOT_FOUND, NOT_THIS_WAY, TOO_LARGE, WRONG_TYPE)}


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: Annotated[str, Field(description="URN of the kind of problem")]
    title: str
    status: int
    detail: str
    code: Annotated[str | None, Field(description="to tell the helpdesk")] = None


class Location(BaseModel):
    """Where in the request a part of the input stands."""

    pointer: Annotated[str | None, Field(description="JSON pointer within the body")] = None
    name: Annotated[str | None, Field(description="name of the parameter or header")] = None


class InputError(BaseModel):
    """A part of the input that is invalid; never its value."""

    # `in` is a keyword of Python.
    place: Annotated[Place, Field(alias="in")]
    location: Location | None = None
    code: str
    detail: str


class InvalidInput(Problem):
    """The request is invalid; each place where it is."""

    errors: list[InputError]


def answer(
    kind: Kind,
    *,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> JSONResponse:
    """Answer with a problem; `members` are the extension members of this kind."""
    said = {
        "type": URN + kind.name,
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.detail,
    }
    return JSONResponse(said | members, kind.status, headers, media_type=PROBLEM)


def answer_unreadable(code: str, detail: str, place: Place = "body") -> JSONResponse:
    """Answer 400: the request cannot be read as a whole."""
    return answer(INVALID, errors=[{"in": place, "code": code, "detail": detail}])


def add_to(api: FastAPI) -> None:
    """Answer every refusal of the API as a problem."""
    api.add_exception_handler(NotSignedIn, answer_not_signed_in)
    api.add_exception_handler(Forbidden, answer_forbidden)
    api.add_exception_handler(NotYours, answer_not_yours)
    api.add_exception_handler(Unavailable, answer_unavailable)
    api.add_exception_handler(RefusedByStore, answer_refused_by_store)
    api.add_exception_handler(Refused, answer_refused)
    api.add_exception_handler(HTTPException, answer_other)
    api.add_exception_handler(RequestValidationError, answer_invalid)
    api.add_exception_handler(Exception, answer_failed)


async def answer_not_signed_in(_request: Request, _error: Exception) -> JSONResponse:
    """401 with the scheme that is asked for."""
    return answer(SIGNED_OUT, headers={"WWW-Authenticate": "Bearer"})


async def answer_forbidden(_request: Request, error: Exception) -> JSONResponse:
    """403: the role, an organisation that was not said, or a page of another site."""
    why = getattr(error, "why", "")
    if why == "forbidden.choose":
        return answer(CHOOSE)
    origin = why == "forbidden.origin"
    return answer(FORBIDDEN, detail="A session works from our own pages only." if origin else None)


async def answer_not_yours(_request: Request, _error: Exception) -> JSONResponse:
    """403: an event in the name of another."""
    return answer(NOT_YOURS)


async def answer_unavailable(_request: Request, error: Exception) -> JSONResponse:
    """503 with a code to tell the helpdesk; when accepting is paused, with that instead."""
    if isinstance(error, Paused):
        return answer(UNAVAILABLE, detail=PAUSED, headers={"Retry-After": "30"})
    return answer(UNAVAILABLE, headers={"Retry-After": "5"}, code=note_code(error))


async def answer_refused_by_store(_request: Request, error: Exception) -> JSONResponse:
    """422 with the column or constraint, as far as the database names one."""
    fields = error.fields if isinstance(error, RefusedByStore) else ()
    return answer(REFUSED_BY_STORE, code=note_code(error), fields=list(fields))


async def answer_refused(_request: Request, error: Exception) -> JSONResponse:
    """What a bound says, with the fields at fault."""
    assert isinstance(error, Refused)
    paths: list[tuple[str, ...]] = [(error.place, name) for name in error.fields]
    errors = [to_error(path, error.kind.name) for path in paths or [(error.place,)]]
    more: dict[str, Any] = {"code": error.code} if error.code else {}
    return answer(error.kind, headers=error.headers, errors=errors, **more)


async def answer_failed(_request: Request, error: Exception) -> JSONResponse:
    """500 with a code; the log has the rest under it."""
    return answer(FAILED, code=note_code(error))


async def answer_other(_request: Request, error: Exception) -> JSONResponse:
    """A path that does not exist, a method that does not fit."""
    assert isinstance(error, HTTPException)
    kind = BY_STATUS.get(error.status_code)
    if kind is None:
        return answer_unreadable("unreadable", "not JSON that can be read")
    return answer(kind, headers=error.headers)


async def answer_invalid(_request: Request, error: Exception) -> JSONResponse:
    """400 that names each place by what fails there.

    The messages of pydantic are left out, because some of them repeat a part of the value.
    """
    assert isinstance(error, RequestValidationError)
    return answer(INVALID, errors=[to_error(line["loc"], line["type"]) for line in error.errors()])


def to_error(path: Sequence[str | int], code: str) -> dict[str, Any]:
    """One line of a validation, where `path` begins with the part of the request."""
    place, *steps = path
    said: dict[str, Any] = {"in": place, "code": code, "detail": f"does not fit: {code}"}
    if place == "body" and code != "json_invalid":
        said["location"] = {"pointer": "".join(f"/{to_step(step)}" for step in steps)}
    elif place != "body" and steps:
        said["location"] = {"name": str(steps[0])}
    return said


def to_step(step: str | int) -> str:
    """A step as we may repeat it: a place in a list, or a name as ours are; the sender wrote the others."""
    return str(step) if isinstance(step, int) or NAME.fullmatch(step) else "?"
