"""Lists for the planner what waits for a registration, who moved between regions, and who claims many people at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from events.organisations import PolicyChanged
from infra.postgres.pages import speaking
from infra.postgres.pages.speaking import ManyRow, MovesRow
from services.web.pages.inbox import Item
from services.web.wording import Wording

if TYPE_CHECKING:
    from infra.postgres.database import Connection

CLAIMED_WITHIN: Final = timedelta(days=1)  # the policy counts what is claimed in a day


@dataclass(frozen=True, slots=True)
class Speaking:
    """What the planner is told about who speaks of whom."""

    waiting: int
    moves: MovesRow
    claims: Sequence[ManyRow]
    questions: Sequence[ManyRow]


async def read_speaking(tx: "Connection", region: str, now: datetime) -> Speaking:
    """Read what the planner of a region is told."""
    return Speaking(
        await speaking.waiting_people(tx),
        await speaking.moves(tx),
        find_many(await speaking.claims(tx, now - CLAIMED_WITHIN, region)),
        find_many(await speaking.questions(tx, region)),
    )


def find_many(rows: Iterable[ManyRow]) -> list[ManyRow]:
    """Find the practices above what the policy of the region finds usual."""
    usual = PolicyChanged().claims_alarm
    return [row for row in rows if row.count > (row.most or usual)]


def list_speaking_items(found: Speaking, t: Wording) -> list[Item]:
    """List what to ask of practices, and what to know."""
    items = [
        Item(
            "danger", "stop", t("inbox.claims", name=row.name, n=row.count), t("inbox.claims.text")
        )
        for row in found.claims
    ]
    items += [
        Item(
            "warn",
            "alert",
            t("inbox.questions", name=row.name, n=row.count),
            t("inbox.questions.text"),
        )
        for row in found.questions
    ]
    if found.moves.two_places:
        title = t.count("inbox.two_places", found.moves.two_places)
        items.append(Item("warn", "alert", title, t("inbox.two_places.text")))
    if found.moves.taken_over:
        title = t.count("inbox.taken_over", found.moves.taken_over)
        items.append(Item("info", "arrow", title, t("inbox.taken_over.text")))
    if found.moves.takes_over:
        title = t.count("inbox.takes_over", found.moves.takes_over)
        items.append(Item("info", "arrow", title, t("inbox.takes_over.text")))
    if found.waiting:
        title = t.count("inbox.waiting", found.waiting)
        items.append(Item("info", "wait", title, t("inbox.waiting.text")))
    return items
