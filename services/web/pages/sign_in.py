"""Signs in to the embedded installation as a demo user; does not exist in a real deployment."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from infra import tokens
from infra.postgres.database import Who
from infra.postgres.pages import frame
from services.web.access import COOKIE, Forbidden, find_seat, is_same_origin
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
    """Show the demo users of every region that has facts."""
    parts = get_parts(request)
    if not parts.embedded:
        raise NoDemoUsers
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
    if not parts.embedded:
        raise NoDemoUsers
    if not is_same_origin(request):
        raise Forbidden("forbidden.origin")
    who = await find_demo_user(request, role, region, organisation)
    wanted = keep_own_path(naar)
    answer = go(wanted if wanted.startswith(HOME[who.role]) else HOME[who.role])
    remember(request, answer, who)
    return answer


@router.post("/afmelden")
async def sign_out(request: Request) -> Response:
    """End the session."""
    if not is_same_origin(request):
        raise Forbidden("forbidden.origin")
    answer = go("/aanmelden")
    answer.delete_cookie(COOKIE)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@router.get("/")
async def start(request: Request) -> Response:
    """Redirect to the first page of the role, or to signing in."""
    seat = find_seat(request)
    return go(HOME[seat.who.role] if seat else "/aanmelden")


async def find_demo_user(request: Request, role: str, region: str, organisation: str) -> Who:
    """Find the chosen demo user. Raises Forbidden."""
    async with get_parts(request).reader.reading(make_stranger(region)) as tx:
        if region not in await frame.regions(tx):
            raise Forbidden("forbidden.user")
        if role == "crisis":
            return Who("crisis", region, None, f"demo:crisis:{region}")
        if role not in HOME or not is_uuid(organisation):
            raise Forbidden("forbidden.user")
        kinds = ("practice",) if role == "practice" else ("post", "depot")
        known = {one.id for one in await frame.organisations(tx, region, kinds)}
    if UUID(organisation) not in known:
        raise Forbidden("forbidden.user")
    return Who(role, region, UUID(organisation), f"demo:{role}:{organisation}")


def remember(request: Request, answer: Response, who: Who) -> None:
    """Put the session in a cookie that scripts cannot read and other sites cannot send."""
    answer.set_cookie(
        COOKIE,
        tokens.mint(get_parts(request).session_key, who),
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
