"""Answers errors on pages: what went wrong, what was not saved and what to do. The API has its own (api/problems.py)."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from infra.errors import Paused, RefusedByStore, Unavailable
from infra.identity import new_code
from services.web.access import SAFE, Forbidden, NotSignedIn, find_seat
from services.web.frame import go, render
from services.web.pages.sign_in import NoDemoUsers
from services.web.writing import NotYours

# The API has problems of its own, except on paths of a version that does not exist.
MACHINE = ("/api/", "/status", "/healthz", "/readyz", "/metrics", "/openapi.json", "/events")


def add_to(app: FastAPI) -> None:
    """Register an answer for every error: a page for people, JSON for programs."""
    app.add_exception_handler(NotSignedIn, answer_not_signed_in)
    app.add_exception_handler(Forbidden, answer_forbidden)
    app.add_exception_handler(NotYours, answer_not_yours)
    app.add_exception_handler(NoDemoUsers, answer_no_demo_users)
    app.add_exception_handler(Unavailable, answer_unavailable)
    app.add_exception_handler(RefusedByStore, answer_unavailable)
    app.add_exception_handler(HTTPException, answer_other)
    app.add_exception_handler(RequestValidationError, answer_not_understood)


def is_machine(request: Request) -> bool:
    """Whether a program asks, not a person."""
    path = request.url.path
    return path.startswith(MACHINE) or path.endswith(".json")


def answer_problem(request: Request, status: int, kind: str, code: str = "") -> Response:
    """Render the problem as a page, or as JSON for a program."""
    if is_machine(request):
        detail = {"detail": kind, "code": code} if code else {"detail": kind}
        return JSONResponse(detail, status_code=status)
    seat = find_seat(request)
    context = {
        "kind": kind,
        "code": code,
        "wrote": request.method not in SAFE,
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
    """403 with what is missing."""
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
    answer = answer_problem(request, 503, "unavailable", new_code())
    answer.headers["Retry-After"] = "5"
    return answer


async def answer_other(request: Request, error: Exception) -> Response:
    """A path that does not exist, a method that does not fit."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return answer_problem(request, status, "not_found" if status == 404 else "not_understood")


async def answer_not_understood(request: Request, error: Exception) -> Response:
    """422 that names the fields, never their values."""
    if not is_machine(request):
        return answer_problem(request, 422, "not_understood")
    lines = error.errors() if isinstance(error, RequestValidationError) else []
    fields = sorted({".".join(str(part) for part in line["loc"]) for line in lines})
    return JSONResponse({"detail": "not_understood", "fields": fields}, status_code=422)
