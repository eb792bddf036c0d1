"""The planner's page about doses: what contradicts itself and waits for a clinician, what was said otherwise, conflicts."""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from infra.postgres.database import Who
from infra.postgres.pages import doses
from services.web.access import allow
from services.web.contradicting import list_kinds, read_series
from services.web.frame import find_wording, read_frame, render
from services.web.looks import log_shown
from services.web.pages.inbox import Item
from services.web.parts import get_parts
from services.web.wording import Wording

if TYPE_CHECKING:
    from infra.postgres.database import Connection

router = APIRouter(prefix="/planning", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Contradicting:
    """A series that waits for a clinician, with the doses that count, by pseudonym."""

    person: UUID
    kinds: tuple[str, ...]
    lines: tuple[doses.DoseLine, ...]


@dataclass(frozen=True, slots=True)
class Doses:
    """What the page and the inbox show."""

    contradicting: list[Contradicting]
    slips: list[doses.SlipLine]
    conflicts: list[doses.ConflictLine]
    elsewhere: list[doses.ElsewhereLine]

    @property
    def persons(self) -> set[UUID]:
        """Everybody whom the page shows."""
        found = {one.person for one in self.contradicting} | {one.person for one in self.elsewhere}
        found |= {one.person for one in self.conflicts if one.person is not None}
        return found | {who for one in self.slips for who in (one.person, one.of_person)}


@router.get("/doses")
async def show_doses(request: Request, who: Annotated[Who, Depends(allow("planner"))]) -> Response:
    """Show everything about doses that somebody has to look at."""
    async with get_parts(request).reader.reading(who) as tx:
        around = await read_frame(tx, who, find_wording(request))
        read = await read_doses(tx, who.region)
        await log_shown(tx, request, who, read.persons, "list", "doses to look at")
    return render(request, "doses.html", {"read": read}, who=who, around=around)


async def read_doses(tx: "Connection", region: str) -> Doses:
    """Read what waits for a clinician, what was said twice or otherwise, and what no longer fits."""
    candidates = await doses.series_to_judge(tx, region)
    series = await read_series(tx, {person for person, _ in candidates})
    waiting = {
        key: kinds
        for key, found in series.items()
        if key in candidates and (kinds := list_kinds(found))
    }
    lines: defaultdict[tuple[UUID, UUID], list[doses.DoseLine]] = defaultdict(list)
    for line in await doses.doses_of(tx, sorted({person for person, _ in waiting})):
        lines[line.person, line.campaign].append(line)
    return Doses(
        contradicting=[
            Contradicting(key[0], kinds, tuple(lines[key]))
            for key, kinds in sorted(waiting.items())
        ],
        slips=await doses.slips(tx),
        conflicts=await doses.conflicts(tx),
        elsewhere=await doses.elsewhere(tx),
    )


def list_dose_items(read: Doses, t: Wording) -> list[Item]:
    """List for the inbox: series that wait for a clinician, conflicts, and what was said otherwise."""
    items = []
    if read.contradicting:
        kinds = sorted({kind for one in read.contradicting for kind in one.kinds})
        items.append(
            Item(
                "danger",
                "stop",
                t.count("inbox.contradiction", len(read.contradicting)),
                " ".join(t(f"contradiction.{kind}") + "." for kind in kinds),
                "/planning/doses#tegenstrijdig",
                t("inbox.show"),
            )
        )
    if read.conflicts:
        text = " ".join(
            t(f"conflict.{kind}") + "." for kind in sorted({c.kind for c in read.conflicts})
        )
        title = t.count("inbox.conflict", len(read.conflicts))
        items.append(
            Item("warn", "alert", title, text, "/planning/doses#past-niet", t("inbox.show"))
        )
    if read.slips:
        text = " ".join(t(f"slip.{kind}") + "." for kind in sorted({s.kind for s in read.slips}))
        title = t.count("inbox.slip", len(read.slips))
        items.append(
            Item("info", "undo", title, text, "/planning/doses#verbeterd", t("inbox.show"))
        )
    return items
