"""Answers errors on pages: what went wrong, what was not saved and what to do. The API has its own (api/problems.py)."""

from collections.abc import Sequence
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from infra.errors import Paused, RefusedByStore, Unavailable
from services.web.access import SAFE, Forbidden, NotSignedIn, find_seat
from services.web.api import problems
from services.web.codes import note_code
from services.web.frame import HOME, go, render
from services.web.pages.sign_in import NoDemoUsers
from services.web.provider_seats import CHOOSING
from services.web.refusing import Refused, plain_names
from services.web.writing import NotYours

# The API has problems of its own, except on paths of a version that does not exist.
API: Final = "/api/"
UNKNOWN: Final = ("failed", "timed_out")  # kinds after which something may be stored all the same
MACHINE: Final = (API, "/status", "/healthz", "/readyz", "/metrics", "/openapi.json", "/events")


def add_to(app: FastAPI) -> None:
    """Register an answer for every error: a page for people, JSON for programs."""
    app.add_exception_handler(NotSignedIn, answer_not_signed_in)
    app.add_exception_handler(Forbidden, answer_forbidden)
    app.add_exception_handler(NotYours, answer_not_yours)
    app.add_exception_handler(NoDemoUsers, answer_no_demo_users)
    app.add_exception_handler(Unavailable, answer_unavailable)
    app.add_exception_handler(RefusedByStore, answer_refused_by_store)
    app.add_exception_handler(Refused, answer_refused)
    app.add_exception_handler(HTTPException, answer_other)
    app.add_exception_handler(RequestValidationError, answer_not_understood)
    app.add_exception_handler(Exception, answer_failed)


def is_machine(request: Request) -> bool:
    """Whether a program asks, not a person."""
    path = request.url.path
    return path.startswith(MACHINE) or path.endswith(".json")


def answer_problem(
    request: Request, status: int, kind: str, code: str = "", fields: Sequence[str] = ()
) -> Response:
    """Render the problem as a page, or as JSON for a program; `fields` are names, never values."""
    if is_machine(request):
        said = {"detail": kind, "code": code, "fields": list(fields)}
        return JSONResponse(
            {name: value for name, value in said.items() if value}, status_code=status
        )
    seat = find_seat(request)
    context = {
        "kind": kind,
        "code": code,
        "fields": fields,
        "wrote": request.method not in SAFE and kind not in UNKNOWN,
        "returns": status == 503 and request.method in SAFE,
        "role": seat.who.role if seat else "",
    }
    return render(request, "problem.html", context, code=status)


async def answer_not_signed_in(request: Request, _error: Exception) -> Response:
    """Redirect to signing in, and back afterwards; a program gets 401."""
    if is_machine(request) or request.method not in SAFE:
        answer = answer_problem(request, 401, "signed_out")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    return go(f"/aanmelden?naar={request.url.path}")


async def answer_forbidden(request: Request, error: Exception) -> Response:
    """403 with what is missing; who has yet to choose an organisation goes and chooses."""
    seat = find_seat(request)
    choosing = seat is not None and seat.by_cookie and seat.who.role == CHOOSING
    if choosing and request.method in SAFE and not is_machine(request):
        return go(f"{HOME[CHOOSING]}?naar={request.url.path}")
    return answer_problem(request, 403, getattr(error, "why", "forbidden.role"))


async def answer_not_yours(request: Request, _error: Exception) -> Response:
    """403: an event in the name of another organisation."""
    return answer_problem(request, 403, "forbidden.organisation")


async def answer_no_demo_users(request: Request, _error: Exception) -> Response:
    """404: a real deployment has no demo users."""
    return answer_problem(request, 404, "no_demo_users")


async def answer_unavailable(request: Request, error: Exception) -> Response:
    """503 with a code to tell the helpdesk; when accepting is paused, with that instead."""
    if isinstance(error, Paused):
        answer = answer_problem(request, 503, "paused")
        answer.headers["Retry-After"] = "30"
        return answer
    answer = answer_problem(request, 503, "unavailable", note_code(error))
    answer.headers["Retry-After"] = "5"
    return answer


async def answer_refused_by_store(request: Request, error: Exception) -> Response:
    """422: the database does not take a value, and will not the next time."""
    fields = error.fields if isinstance(error, RefusedByStore) else ()
    return answer_problem(request, 422, "refused_by_store", note_code(error), fields)


async def answer_refused(request: Request, error: Exception) -> Response:
    """What a bound or a field says; in the form of the API on its paths."""
    assert isinstance(error, Refused)
    if request.url.path.startswith(API):
        return await problems.answer_refused(request, error)
    answer = answer_problem(request, error.kind.status, error.why, error.code, error.fields)
    answer.headers.update(error.headers)
    return answer


async def answer_failed(request: Request, error: Exception) -> Response:
    """500 with a code; what the API answered by itself is logged already."""
    if request.url.path.startswith(API):
        return JSONResponse({"detail": "failed"}, 500)
    return answer_problem(request, 500, "failed", note_code(error))


async def answer_other(request: Request, error: Exception) -> Response:
    """A path that does not exist, a method that does not fit."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return answer_problem(request, status, "not_found" if status == 404 else "not_understood")


async def answer_not_understood(request: Request, error: Exception) -> Response:
    """422 that names the fields, never their values."""
    lines = error.errors() if isinstance(error, RequestValidationError) else []
    fields = plain_names(str(line["loc"][-1]) for line in lines)
    return answer_problem(request, 422, "not_understood", fields=fields)
