"""Extra stops on the planner's page: what teams on the road were asked, what they said, and the form for who says it by phone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from events.extra_stops import StopAnswer, StopAnswered
from events.identifiers import ExtraStopId, LocationId, TeamId
from events.local_time import to_local_date
from infra.postgres.database import Who
from infra.postgres.pages.extra_stops import ExtraStopRow, read_extra_stops
from services.accept.submission import Status
from services.web import moments
from services.web.access import Forbidden, allow
from services.web.forms import read_signed_form, takes
from services.web.frame import go
from services.web.pages.inbox import Item
from services.web.parts import get_parts
from services.web.wording import Wording

router = APIRouter(prefix="/planning", include_in_schema=False)
ANSWERS: Final = {"ja": StopAnswer.ACCEPTED, "nee": StopAnswer.DECLINED}


def is_open(row: ExtraStopRow, now: datetime) -> bool:
    """Whether its team may still answer."""
    return row.answer is None and row.why is None and now <= row.answer_by


def list_open(rows: Iterable[ExtraStopRow], now: datetime) -> list[ExtraStopRow]:
    """Those that wait for an answer, the most urgent first."""
    return sorted((row for row in rows if is_open(row, now)), key=lambda row: row.answer_by)


def list_extra_items(rows: Sequence[ExtraStopRow], now: datetime, t: Wording) -> list[Item]:
    """List what teams were asked: what waits for an answer, what was agreed, and what came to nothing."""
    return [to_item(row, now, t) for row in rows]


def to_item(row: ExtraStopRow, now: datetime, t: Wording) -> Item:
    """What is asked is urgent; what came to nothing says how it goes on."""
    team = row.team_name or t("place.unknown")
    when = moments.clock_time(row.starts_at)
    what = write_stop(row, t)
    if is_open(row, now):
        text = t("inbox.extra.open.text", what=what, time=moments.clock_time(row.answer_by))
        title = t("inbox.extra.open", team=team)
        return Item("danger", "clock", title, text, "#gevraagd", t("inbox.extra.answer"), when)
    if row.answer == StopAnswer.ACCEPTED and row.why is None:
        link = f"/planning?dag={to_local_date(row.starts_at)}&bezoek={row.visit}#bezoek"
        title = t("inbox.extra.accepted", team=team)
        return Item("info", "check", title, what, link, t("inbox.show"), when)
    why = row.why or (StopAnswer.DECLINED.value if row.answer else "unanswered")
    text = f"{what} {t(f'inbox.extra.{why}')} {write_follow_up(row, t)}"
    return Item("warn", "alert", t("inbox.extra.ended", team=team), text, when=when)


def write_stop(row: ExtraStopRow, t: Wording) -> str:
    """What is asked, as a sentence."""
    place = row.location or t("place.unknown")
    people = t.count("residents", row.people) if row.people else t.count("crisis_visits", 1)
    return t("inbox.extra.what", place=place, when=moments.clock_time(row.starts_at), people=people)


def write_follow_up(row: ExtraStopRow, t: Wording) -> str:
    """What happens to those for whom a team was asked in vain."""
    if row.next_team is not None:
        return t("inbox.extra.next", team=row.next_team)
    if row.now_at is not None:
        return t("inbox.extra.later", when=moments.day_part(row.now_at, t))
    return t("inbox.extra.nowhere")


@router.post("/gevraagd/{extra_stop}")
@takes("antwoord")
async def answer(
    request: Request, who: Annotated[Who, Depends(allow("planner"))], extra_stop: UUID
) -> Response:
    """Store what a team said by phone. Forbidden when it is not asked (any more)."""
    form = await read_signed_form(request, who)
    said = ANSWERS.get(form.get("antwoord"))
    parts = get_parts(request)
    now = parts.clock.now()
    async with parts.reader.reading(who) as tx:
        rows = list_open(await read_extra_stops(tx, who.region, now), now)
    row = next((one for one in rows if one.extra_stop == extra_stop), None)
    if row is None or said is None:
        raise Forbidden("forbidden.extra")
    answered = StopAnswered(
        extra_stop_id=ExtraStopId(row.extra_stop),
        team_id=TeamId(row.team),
        location_id=LocationId(row.place),
        answer=said,
        answered_at=now,
    )
    outcomes = await parts.writing.submit(who, [answered])
    if outcomes[0].status is Status.REJECTED:
        raise Forbidden("forbidden.extra")
    return go("/planning")
