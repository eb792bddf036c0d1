"""Lists for the planner the shifts with somebody who is in a crew of another region too."""

from collections.abc import Iterable

from infra.postgres.pages.members import DoubledRow
from services.web import moments
from services.web.pages.inbox import Item
from services.web.pages.teams import short_name
from services.web.wording import Wording


def list_doubled(rows: Iterable[DoubledRow], t: Wording) -> list[Item]:
    """List the shifts that nobody can work as they stand, and those before or after which there is too little rest."""
    return [
        Item(
            "danger" if row.at_once else "warn",
            "stop" if row.at_once else "alert",
            t.count(
                "inbox.doubled",
                row.members,
                team=short_name(row.team or ""),
                when=moments.day_part(row.starts_at, t),
            ),
            t("inbox.doubled.once" if row.at_once else "inbox.doubled.rest"),
            "#tijdlijn",
            t("inbox.show"),
        )
        for row in rows
    ]
