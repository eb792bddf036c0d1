"""Supply on the pages of planner and crisis team: counts that differ, quarantine, corrections; and the form that settles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from events.corrections import FactRef
from events.identifiers import SOURCE_PREFIX
from events.supply import StockAdjusted
from infra.postgres.database import Who
from infra.postgres.pages import supply
from infra.postgres.pages.supply import (
    CorrectionRow,
    CountRow,
    LeftoverRow,
    LotRow,
    UnsuppliedRow,
)
from services.accept.submission import Status
from services.web import moments
from services.web.access import Forbidden, allow
from services.web.forms import read_signed_form, takes, to_said
from services.web.frame import go
from services.web.pages.inbox import Item
from services.web.parts import get_parts
from services.web.supply import Held, list_held
from services.web.wording import Wording

if TYPE_CHECKING:
    from infra.postgres.database import Connection

router = APIRouter(prefix="/planning", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Question:
    """A lot at a depot whose counts differ from the books, until a person says what is right."""

    first: CountRow
    counts: tuple[CountRow, ...]
    now: int  # doses in the books at this moment

    @property
    def key(self) -> str:
        """What the form names: depot, product and lot."""
        return f"{self.first.depot} {self.first.product} {self.first.lot}"

    @property
    def shown(self) -> list[CountRow]:
        """The counts, each once: one that was said again under another id is the same count."""
        same = {(row.at, row.counted, row.source, row.counted_by): row for row in self.counts}
        return list(same.values())


@dataclass(frozen=True, slots=True)
class Supply:
    """What pages show of supply."""

    lots: Sequence[LotRow] = ()
    questions: Sequence[Question] = ()
    quarantined: Sequence[Held] = ()
    unsupplied: Sequence[UnsuppliedRow] = ()
    corrections: Sequence[CorrectionRow] = ()
    leftovers: Sequence[LeftoverRow] = ()


async def read_supply(tx: "Connection", region: str, now: datetime) -> Supply:
    """Read what planner and crisis team see; the visits of a region are the planner's alone, by row-level security."""
    lots = await supply.lots(tx, region)
    return Supply(
        lots=lots,
        questions=ask(await supply.counts_in_question(tx, region), lots),
        quarantined=list_held(await supply.held_lots(tx, region), lots),
        unsupplied=await supply.visits_without_stock(tx, region, now, lots),
        corrections=await supply.corrections(tx, region),
        leftovers=await supply.leftovers(tx, region, now),
    )


def ask(rows: Sequence[CountRow], lots: Sequence[LotRow] = ()) -> list[Question]:
    """One question for each lot at a depot, with all its open counts."""
    now = {(row.depot, row.product, row.lot): row.doses for row in lots}
    groups = groupby(rows, key=lambda row: (row.depot, row.product, row.lot))
    return [
        Question(found[0], found, now.get(key, 0))
        for key, group in groups
        for found in (tuple(group),)
    ]


def name_speaker(row: CountRow | CorrectionRow, t: Wording) -> str:
    """Who counted or corrected: the organisation, else the kind of sender; and the person, as far as it was told."""
    kind = row.source.removeprefix(SOURCE_PREFIX).split(":")[0]
    known = row.source.startswith(SOURCE_PREFIX) and kind in ("ggd", "hap", "team")
    name = row.organisation or (t(f"speaker.{kind}") if known else row.source)
    member = row.counted_by if isinstance(row, CountRow) else row.corrected_by
    person = row.actor or (str(member)[:8] if member else None)
    return name if person is None else t("speaker.member", name=name, member=person)


@router.post("/telling")
@takes("partij", "doses", "reden")
async def settle(request: Request, who: Annotated[Who, Depends(allow("planner"))]) -> Response:
    """Settle the open counts of a lot with the number that is right, and why."""
    form = await read_signed_form(request, who)
    parts = get_parts(request)
    async with parts.reader.reading(who) as tx:
        questions = ask(await supply.counts_in_question(tx, who.region))
    asked = next((one for one in questions if one.key == form.get("partij")), None)
    if asked is None:
        raise Forbidden("forbidden.settled")
    values = {
        "depot_id": asked.first.depot,
        "product_id": asked.first.product,
        "lot": asked.first.lot,
        "doses": form.get("doses").strip(),
        "counts": [FactRef(source=row.source, id=row.id) for row in asked.counts[-50:]],
        "reason": form.get("reden").strip(),
        "adjusted_at": parts.clock.now(),
    }
    said = to_said(StockAdjusted, values, "forbidden.settling", reason="reden")
    outcomes = await parts.writing.submit(who, [said])
    if outcomes[0].status is Status.REJECTED:
        raise Forbidden("forbidden.settling")
    return go("/planning#tellingen")


def list_stock_items(found: Supply, t: Wording) -> list[Item]:
    """List what asks for a decision about supply: visits without doses, counts that differ, quarantine, leftovers."""
    items = []
    for (depot, product, lots), group in groupby(
        found.unsupplied, key=lambda row: (row.depot, row.product, row.lots)
    ):
        rows = list(group)
        when = moments.day_part(rows[0].starts_at, t)
        where = rows[0].location or t("place.unknown")
        title = t.count("inbox.unsupplied", len(rows), depot=depot)
        values = {"lots": ", ".join(lots), "product": product, "where": where, "first": when}
        text = t("inbox.unsupplied.text", **values)
        items.append(Item("danger", "stop", title, text, "#tijdlijn", t("inbox.show")))
    items += [
        Item(
            "warn",
            "box",
            t("inbox.count", depot=one.first.depot_name, lot=one.first.lot),
            t(
                "inbox.count.text",
                counted=", ".join(t.number(row.counted) for row in one.shown),
                booked=", ".join(dict.fromkeys(t.number(row.booked) for row in one.counts)),
                who=", ".join(dict.fromkeys(name_speaker(row, t) for row in one.counts)),
            ),
            "#tellingen",
            t("inbox.show"),
        )
        for one in found.questions
    ]
    items += [list_quarantine_item(row, t) for row in found.quarantined]
    items += [
        Item(
            "info",
            "box",
            t.count("inbox.leftover", row.doses, team=row.team),
            t(
                "inbox.leftover.text",
                product=row.product,
                lot=row.lot,
                until=moments.clock_time(row.use_before),
            ),
        )
        for row in found.leftovers
    ]
    return items


def list_quarantine_item(row: Held, t: Wording) -> Item:
    """A lot in quarantine: how many doses of it lie where, and since when."""
    since = "" if row.since is None else moments.day_part(row.since, t)
    title = t("inbox.quarantined", lot=row.lot)
    if row.depot is None:
        text = t("inbox.quarantined.none", product=row.product, since=since)
    else:
        doses = t.number(row.doses)
        text = t(
            "inbox.quarantined.text",
            doses=doses,
            product=row.product,
            depot=row.depot,
            since=since,
        )
    return Item("warn", "box", title, text)
