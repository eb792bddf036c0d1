"""Signs people in by the identity provider: to it and back, choosing for which organisation, and its orders to end sessions."""

import logging
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import StringConstraints

from infra import tokens
from infra.oidc.checking import InvalidToken
from infra.oidc.provider import CALLBACK, SignInRefused
from infra.postgres.database import Who
from services.web.access import ADMIN, ROLES, Forbidden, allow, find_seat
from services.web.forms import Word, read_signed_form, takes
from services.web.frame import HOME, Frame, find_wording, go, render
from services.web.pages.sign_in import keep_own_path, remember
from services.web.parts import get_parts
from services.web.provider_seats import CHOOSING, Begun, NoChoice, ProviderSeats, name_of

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)
ASKED: Final = (
    "prikploeg_asked_"  # and the beginning of its state, so that two tabs may sign in at once
)
LASTS: Final = timedelta(minutes=15)  # to sign in at the provider
Text = Annotated[str, StringConstraints(max_length=4_000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Token = Annotated[str, StringConstraints(max_length=16_384, pattern=r"^[\x21-\x7e]*$")]
Person = Annotated[Who, Depends(allow(CHOOSING, *ROLES, ADMIN))]


def get_provided(request: Request) -> ProviderSeats:
    """The provider of this installation; 404 without one."""
    provided = get_parts(request).provided
    if provided is None:
        raise HTTPException(404)
    return provided


@router.get("/aanmelden/provider")
async def ask(request: Request, naar: Word = "") -> Response:
    """Send somebody to the provider, who says who they are."""
    provided = get_provided(request)
    asked = tokens.make_asked(keep_own_path(naar))
    place = await provided.provider.write_question(asked.state, asked.nonce, asked.verifier)
    answer = RedirectResponse(place, status_code=303)
    answer.set_cookie(
        ASKED + asked.state[:12],
        tokens.mint_asked(get_parts(request).session_key, asked),
        max_age=int(LASTS.total_seconds()),
        path=CALLBACK,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


@router.get(CALLBACK)
async def come_back(
    request: Request, state: Text = "", code: Text = "", iss: Text = "", error: Text = ""
) -> Response:
    """Begin the session of whoever comes back from the provider, in the browser that went there."""
    provided = get_provided(request)
    asked = read_asked(request, state)
    if asked is None:
        raise Forbidden("forbidden.sign_in_old")
    await check_answer(provided, iss, error)
    seat = find_seat(request)
    before = seat.claim.session if seat is not None and seat.by_cookie else None
    try:
        begun = await provided.begin(code, asked, before)
    except NoChoice:
        raise Forbidden("forbidden.no_organisation") from None
    except (SignInRefused, InvalidToken) as wrong:
        log.warning("nobody is signed in: %s", wrong)
        raise Forbidden("forbidden.sign_in") from None
    answer = enter(request, begun, asked.wanted)
    answer.delete_cookie(ASKED + state[:12], path=CALLBACK)
    return answer


async def check_answer(provided: ProviderSeats, issuer: str, error: str) -> None:
    """Raise Forbidden when the provider let nobody in, or when another answers in its place (RFC 9207)."""
    if error:
        raise Forbidden("forbidden.sign_in")
    known = provided.provider.settings.issuer
    if issuer != known and (issuer or (await provided.provider.metadata()).says_issuer):
        raise Forbidden("forbidden.sign_in")


def read_asked(request: Request, state: str) -> tokens.Asked | None:
    """What this browser was sent to the provider with; None for another browser, or too long ago."""
    kept = request.cookies.get(ASKED + state[:12], "")
    asked = tokens.read_asked(get_parts(request).session_key, kept, LASTS)
    return asked if asked is not None and asked.state == state else None


@router.get("/aanmelden/kies")
async def show_choices(request: Request, who: Person, naar: Word = "") -> Response:
    """Show as whom somebody may act."""
    provided = get_provided(request)
    wording = find_wording(request)
    choices = await provided.list_choices(request.state.session)
    listed = [
        (name_of(one), one, one.to_who(who.subject) == who)
        for one in sorted(choices, key=lambda one: (one.role, one.name.casefold()))
    ]
    person = wording(f"role.{who.role}") if who.role != CHOOSING else ""
    # It hears no stream: that of the former choice ends while the next page is on its way.
    context = {"listed": listed, "next": keep_own_path(naar), "follows": False}
    return render(request, "choose.html", context, who=who, around=Frame("", (), person))


@router.post("/aanmelden/kies")
@takes("keuze", "naar")
async def choose(request: Request, who: Person) -> Response:
    """Go on as one of them; Forbidden for one that is not theirs."""
    form = await read_signed_form(request, who)
    begun = await get_provided(request).choose(request.state.session, form.get("keuze"))
    if begun is None:
        raise Forbidden("forbidden.choice")
    return enter(request, begun, keep_own_path(form.get("naar")))


@router.post("/afmelden/provider")
async def log_out(request: Request, logout_token: Annotated[Token, Form()] = "") -> Response:
    """End the sessions that the provider orders to end; it signs that order, and nobody is signed in here."""
    try:
        await get_provided(request).log_out(logout_token)
    except InvalidToken as wrong:
        log.warning("no session ends: %s", wrong)
        return JSONResponse({"error": "invalid_request"}, status_code=400)
    return Response(status_code=200)


def enter(request: Request, begun: Begun, wanted: str) -> Response:
    """To where the person wanted to go, as far as this role goes there; to choosing first when nothing was chosen."""
    home = HOME[begun.who.role]
    fits = wanted.startswith(home)
    place = wanted if fits else home
    if begun.who.role == CHOOSING and wanted:
        place = f"{home}?naar={quote(wanted)}"
    answer = go(place)
    remember(request, answer, begun.cookie)
    return answer
