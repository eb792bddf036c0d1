"""The frame around every page, and the one place where templates are rendered."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra import tokens
from infra.clock import SystemClock
from infra.postgres.database import Who
from infra.postgres.pages import frame, status
from services.web import moments
from services.web.access import find_seat
from services.web.assets import FILES, MANIFEST
from services.web.flow import Flow, judge_flow, write_old
from services.web.outlines import read_features, read_municipality_names, read_region_names
from services.web.parts import get_parts
from services.web.provider_seats import CHOOSING
from services.web.wording import LANGUAGES, Wording, choose_language

if TYPE_CHECKING:
    from infra.postgres.database import Connection

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
LANGUAGE_COOKIE: Final = "prikploeg_language"
HOME: Final = {
    "planner": "/planning",
    "practice": "/praktijk",
    "crisis": "/regio",
    "admin": "/beheer",
    "choosing": "/aanmelden/kies",
}
FOLLOWING: Final = ("planner", "practice", "crisis")  # roles whose pages renew by themselves
TABS: Final = {
    "planner": (
        ("/planning", "tab.planning"),
        ("/regio", "tab.region"),
        ("/planning/terugmelding", "tab.returns"),
        ("/quarantaine", "tab.set_aside"),
    ),
    "practice": (
        ("/praktijk", "tab.patients"),
        ("/praktijk/terugmelding", "tab.returns"),
        ("/quarantaine", "tab.set_aside"),
    ),
    "crisis": (("/regio", "tab.overview"),),
    "choosing": (),
    "admin": (("/beheer", "tab.admin"), ("/beheer/inzage", "tab.reviews")),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """The content of the top bar: organisation, campaigns and the person who is signed in."""

    place: str
    campaigns: tuple[frame.Campaign, ...]
    person: str
    exercise: bool = False  # plans are made of what nobody approved
    flow: Flow = field(default_factory=Flow)


@cache
def load_templates() -> Environment:
    """Load the templates; a name that is missing in a context raises, since that is our mistake."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "asset": find_asset,
        "municipality": lambda region, code: read_municipality_names(region).get(code, code),
        "region_name": lambda code: read_region_names().get(code, code),
        "moments": moments,
        "tabs": TABS,
        "home": HOME,
        "languages": LANGUAGES,
        "vendor": has_vendor,
        "has_outline": lambda region: bool(read_features(region)),
    }
    return made


@cache
def find_asset(name: str) -> str:
    """Find the address of a static file; it changes with the content, so that browsers may cache it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def has_vendor() -> bool:
    """Whether the third-party scripts of this version were fetched; without them pages are plain HTML.

    Each file is asked for, not the manifest alone: after an update the folder may be that of the version before.
    """
    return all((STATIC / "vendor" / name).is_file() for name in (MANIFEST, *FILES))


def find_wording(request: Request) -> Wording:
    """Find the texts in the language that a request asks for."""
    wanted = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return Wording(choose_language(wanted))


async def read_frame(tx: "Connection", who: Who, wording: Wording) -> Frame:
    """Read the frame of a signed-in person, under that person's own rights."""
    campaigns = tuple(await frame.campaigns(tx, who.region))
    place = read_region_names().get(who.region, who.region)
    person = wording(f"role.{who.role}")
    if who.organisation is not None:
        own = await frame.organisation(tx, who.region, who.organisation)
        if own is not None:
            place = own.name if who.role == "practice" else place
            person = f"{person}, {own.name}"
    exercise = await frame.is_exercise(tx, who.region)
    flow = judge_flow(await status.processes(tx), SystemClock().now())
    return Frame(place, campaigns, person, exercise, flow)


def render(
    request: Request,
    template: str,
    context: dict[str, Any],
    *,
    who: Who | None = None,
    around: Frame | None = None,
    code: int = 200,
) -> HTMLResponse:
    """Render a page; when the page refreshes itself, only its content."""
    wording = find_wording(request)
    parts = get_parts(request)
    now = parts.clock.now()
    body = (
        load_templates()
        .get_template(template)
        .render(
            {
                "t": wording,
                "now": now,
                "who": who,
                "frame": around,
                "old": write_old(around.flow, now, wording) if around else "",
                "proof": tokens.proof(parts.session_key, who, request.state.session) if who else "",
                "follows": who is not None and who.role in FOLLOWING,
                "several": bool(who and is_one_of_several(request)),
                "mark": tokens.mark_of(parts.session_key, who) if who else "",
                "exercise": parts.embedded,
                "partial": request.headers.get("hx-request") == "true",
                "path": request.url.path,
                "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
                "live_words": json.dumps(collect_live_words(wording)),
                "has_map": False,
                **context,
            }
        )
    )
    answer = HTMLResponse(body, status_code=code, headers={"Cache-Control": "no-store"})
    remember_language(request, answer)
    return answer


def is_one_of_several(request: Request) -> bool:
    """Whether who is signed in may act for another organisation too."""
    seat = find_seat(request)
    return seat is not None and seat.claim.several and seat.who.role != CHOOSING


def collect_live_words(wording: Wording) -> dict[str, str]:
    """Collect the texts that the script of the live badge needs."""
    names = ("live", "aged", "stale", "lost", "band", "updated")
    return {name: wording(f"live.{name}") for name in names}


def remember_language(request: Request, answer: Response) -> None:
    """Remember a chosen language in a cookie."""
    wanted = request.query_params.get("lang")
    if wanted in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, wanted, max_age=31_536_000, httponly=True, samesite="lax"
        )


def go(path: str) -> RedirectResponse:
    """Redirect after a form, to a page that may be reloaded without sending the form again."""
    return RedirectResponse(path, status_code=303)
