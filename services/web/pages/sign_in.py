"""Signs people in and out: by a code that works once, and in the demo by choosing who one is, without any secret."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from infra import tokens
from infra.postgres.database import Who
from infra.postgres.pages import frame
from services.web.access import COOKIE, Forbidden, find_open_seat, find_seat, is_same_origin
from services.web.forms import Word
from services.web.frame import HOME, Frame, go, render
from services.web.outlines import read_region_names
from services.web.parts import get_parts

router = APIRouter(include_in_schema=False)
SHOWN = 3


class NoDemoUsers(Exception):
    """This installation has real users: an identity provider must sign them in."""


@router.get("/aanmelden")
async def choose(request: Request, naar: Word = "", zoek: Word = "") -> Response:
    """Ask for a code; in the demo show the demo users of every region that has facts."""
    parts = get_parts(request)
    if parts.provided is not None and (seat := await find_open_seat(request)) is not None:
        home = HOME.get(seat.who.role, "/")  # another tab signed in, or chose another organisation
        return go(naar if keep_own_path(naar).startswith(home) else home)
    if not parts.has_demo_users:
        return ask_code(request, naar)
    async with parts.reader.reading(Who("", "", None, "sign-in")) as tx:
        regions = await frame.regions(tx)
    choices = []
    for region in regions:
        async with parts.reader.reading(make_stranger(region)) as tx:
            practices = await frame.organisations(tx, region, ("practice",))
            posts = await frame.organisations(tx, region, ("post", "depot"))
        found = [one for one in practices if zoek.strip().casefold() in one.name.casefold()]
        choices.append(
            {"region": region, "posts": posts, "practices": found, "total": len(practices)}
        )
    place = ", ".join(read_region_names().get(region, region) for region in regions)
    return render(
        request,
        "sign_in.html",
        {"choices": choices, "next": keep_own_path(naar), "query": zoek, "shown": SHOWN},
        around=Frame(place, (), ""),
    )


@router.post("/aanmelden")
async def sign_in(
    request: Request,
    role: Annotated[Word, Form()],
    region: Annotated[Word, Form()],
    organisation: Annotated[Word, Form()] = "",
    naar: Annotated[Word, Form()] = "",
) -> Response:
    """Begin a session as a demo user; Forbidden for a role or organisation that does not exist."""
    parts = get_parts(request)
    if not parts.has_demo_users:
        raise NoDemoUsers
    if not is_same_origin(request):
        raise Forbidden("forbidden.origin")
    who = await find_demo_user(request, role, region, organisation)
    wanted = keep_own_path(naar)
    answer = go(wanted if wanted.startswith(HOME[who.role]) else HOME[who.role])
    remember(request, answer, await parts.seats.begin(who))
    return answer


@router.post("/aanmelden/code")
async def sign_in_by_code(
    request: Request, code: Annotated[Word, Form()], naar: Annotated[Word, Form()] = ""
) -> Response:
    """Begin the session that a code opens; 403 with the form again for one that opens none."""
    if not is_same_origin(request):
        raise Forbidden("forbidden.origin")
    found = await get_parts(request).seats.begin_by_code(code)
    if found is None:
        return ask_code(request, naar, wrong=True)
    who, cookie = found
    wanted, home = keep_own_path(naar), HOME[who.role]
    answer = go(wanted if wanted.startswith(home) else home)
    remember(request, answer, cookie)
    return answer


def ask_code(request: Request, wanted: str, *, wrong: bool = False) -> Response:
    """Show the way to the identity provider, where there is one, and the form for a code."""
    provided = get_parts(request).provided is not None
    context = {"next": keep_own_path(wanted), "wrong": wrong, "provided": provided}
    return render(request, "sign_in_code.html", context, code=403 if wrong else 200)


@router.post("/afmelden")
async def sign_out(request: Request) -> Response:
    """End the session, for every copy of its cookie."""
    if not is_same_origin(request):
        raise Forbidden("forbidden.origin")
    goodbye = await end_own(request)
    if goodbye:  # by a page, for no form of ours may lead elsewhere (Content-Security-Policy)
        answer: Response = render(request, "signed_out.html", {"goodbye": goodbye})
    else:
        answer = go("/aanmelden")
    answer.delete_cookie(COOKIE)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


async def end_own(request: Request) -> str:
    """End the session of this cookie; where its identity provider ends its own, if one opened it."""
    parts, seat = get_parts(request), find_seat(request)
    if seat is None or seat.claim.session is None:
        return ""
    if parts.provided is not None:
        return await parts.provided.end(seat.claim.session, seat.who.subject)
    await parts.seats.end(seat.claim.session, seat.who.subject)
    return ""


@router.get("/")
async def start(request: Request) -> Response:
    """Redirect to the first page of the role, or to signing in."""
    seat = await find_open_seat(request)
    return go(HOME.get(seat.who.role, "/aanmelden") if seat else "/aanmelden")


async def find_demo_user(request: Request, role: str, region: str, organisation: str) -> Who:
    """Find the chosen demo user. Raises Forbidden."""
    async with get_parts(request).reader.reading(make_stranger(region)) as tx:
        if region not in await frame.regions(tx):
            raise Forbidden("forbidden.user")
        if role == "crisis":
            return Who("crisis", region, None, f"demo:crisis:{region}")
        if role not in ("planner", "practice") or not is_uuid(organisation):
            raise Forbidden("forbidden.user")
        kinds = ("practice",) if role == "practice" else ("post", "depot")
        known = {one.id for one in await frame.organisations(tx, region, kinds)}
    if UUID(organisation) not in known:
        raise Forbidden("forbidden.user")
    return Who(role, region, UUID(organisation), f"demo:{role}:{organisation}")


def remember(request: Request, answer: Response, cookie: str) -> None:
    """Put the session in a cookie that scripts cannot read and other sites cannot send."""
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=int(tokens.WORKING_DAY.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def make_stranger(region: str) -> Who:
    """Make the identity of somebody who has not signed in: public facts of one region only."""
    return Who("stranger", region, None, "sign-in")


def keep_own_path(path: str) -> str:
    """Keep a path of this site; an address elsewhere becomes empty, so that nobody is redirected away."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if ours else ""


def is_uuid(text: str) -> bool:
    """True when this can be an identifier."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
