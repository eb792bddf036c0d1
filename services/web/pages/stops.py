"""Stops that need a person: rules that published stops break, pins that do not hold, and the form that takes a stop off."""

from collections.abc import Iterable
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from events.local_time import to_local_date
from events.teams import StopCancelled
from infra.postgres.database import Who
from infra.postgres.findings import KEPT, Cause, FoundRow, GaveWayRow, TakenRow
from infra.postgres.pages import planner
from services.accept.submission import Status
from services.web import moments
from services.web.access import Forbidden, allow
from services.web.forms import read_signed_form, takes, to_said
from services.web.frame import go
from services.web.pages.inbox import Item
from services.web.parts import get_parts
from services.web.wording import Wording

router = APIRouter(prefix="/planning", include_in_schema=False)
WISHED: Final = frozenset({"window", "team", "time"})  # kinds that leave the visit free otherwise


def list_finding_items(rows: Iterable[FoundRow], t: Wording) -> list[Item]:
    """List what the judge found, each with its rule and its stop."""
    return [to_item(row, t) for row in rows]


def to_item(row: FoundRow, t: Wording) -> Item:
    """A broken rule of a published stop is urgent: no plan mends it. A pin that does not hold is a question."""
    kind = "kept" if row.kind == KEPT else "pin"
    place = row.location or row.team or t("place.unknown")
    if kind == "pin" and row.holds in WISHED:
        kind = "wish"
    text = t(f"inbox.{kind}.text", rule=t(f"rule.{row.rule}"))
    link, when = "", ""
    if row.starts_at is not None:
        when = moments.clock_time(row.starts_at)
        text += " " + t("inbox.stop.when", when=moments.day_part(row.starts_at, t))
        if row.visit is not None and row.kind == KEPT:
            link = f"/planning?dag={to_local_date(row.starts_at)}&bezoek={row.visit}#bezoek"
    if row.by or row.beside:
        text += " " + write_rivals(row, t)
    if row.cause:
        text += " " + write_cause(row.cause, t)
    title = t(f"inbox.{kind}", place=place)
    tone, icon = ("danger", "stop") if row.kind == KEPT else ("warn", "alert")
    return Item(tone, icon, title, text, link, t("inbox.show") if link else "", when)  # type: ignore[arg-type]


def write_cause(cause: Cause, t: Wording) -> str:
    """The fact of others that a pin cannot hold beside: what, when, and who said it."""
    when, who = moments.day_part(cause.at, t), cause.by or t("decided.unknown")
    if cause.kind == "hours":
        return t("inbox.pin.hours", when=when, who=who)
    return t("inbox.pin.shift", team=cause.team or t("place.unknown"), when=when, who=who)


def write_rivals(row: FoundRow, t: Wording) -> str:
    """Who placed a pin, and every other pin with which it cannot hold together, with who placed that one."""
    unknown = t("decided.unknown")
    said = [t("inbox.pin.by", who=row.by or unknown)]
    pins = [
        t(
            "inbox.pin.rival",
            place=one.location or t("place.unknown"),
            when=moments.day_part(one.starts_at, t) if one.starts_at else "",
            who=one.by or unknown,
        )
        for one in row.beside
    ]
    if pins:
        said.append(t("inbox.pin.beside", pins="; ".join(pins)))
    return " ".join(said)


def list_taken_items(rows: Iterable[TakenRow], t: Wording) -> list[Item]:
    """List the appointments that facts took from people who have no other yet: somebody phones them."""
    return [
        Item(
            "danger",
            "stop",
            t("inbox.told", place=row.location or t("place.unknown")),
            t.count("inbox.told.text", row.people, rule=t(f"rule.{row.rule}"))
            + " "
            + t("inbox.stop.when", when=moments.day_part(row.starts_at, t)),
            "",
            "",
            moments.clock_time(row.starts_at),
        )
        for row in rows
    ]


def list_gave_way_items(rows: Iterable[GaveWayRow], t: Wording) -> list[Item]:
    """List the visits that moved within their day for one of a higher priority: the notice went out by itself."""
    return [
        Item(
            "warn",
            "alert",
            t("inbox.gave_way", place=row.location or t("place.unknown")),
            t("inbox.gave_way.text", other=row.other or t("place.unknown"))
            + " "
            + t("inbox.stop.when", when=moments.day_part(row.starts_at, t)),
            f"/planning?dag={to_local_date(row.starts_at)}&bezoek={row.visit}#bezoek",
            t("inbox.show"),
            moments.clock_time(row.starts_at),
        )
        for row in rows
    ]


@router.post("/bezoek/{visit}/afzeggen")
@takes("reden", "weer_vanaf")
async def cancel(
    request: Request, who: Annotated[Who, Depends(allow("planner"))], visit: UUID
) -> Response:
    """Take a stop off the plan, frozen too, with a reason and the day from which its people may be planned again."""
    form = await read_signed_form(request, who)
    parts = get_parts(request)
    async with parts.reader.reading(who) as tx:
        day = await planner.day_of_visit(tx, who.region, visit)
    if day is None:
        raise Forbidden("forbidden.visit")
    values = {
        "visit_id": visit,
        "reason": form.get("reden").strip(),
        "again_from": form.get("weer_vanaf").strip() or None,
    }
    said = to_said(
        StopCancelled, values, "forbidden.reason", reason="reden", again_from="weer_vanaf"
    )
    outcomes = await parts.writing.submit(who, [said])
    if outcomes[0].status is Status.REJECTED:
        raise Forbidden("forbidden.visit")
    return go(f"/planning?dag={day}")
