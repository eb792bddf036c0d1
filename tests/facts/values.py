"""What all facts share: identifiers by name, a moment, opening hours, an approval."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from events.identifiers import Approval, Opening, Payload
from infra.identity import derived_id

NOW = datetime(2021, 2, 15, 5, 0, tzinfo=UTC)  # a Monday, six o'clock in Utrecht
TEN = datetime(2021, 2, 16, 10, tzinfo=UTC)  # the day after, in the middle of a shift
# When what was done was done: a fact may lie a day ahead of the clock that accepts it, and most tests accept at NOW.
DONE = NOW + timedelta(hours=23)
APPROVAL = Approval(
    source_url="https://example.org/leaflet",
    source_date=date(2021, 1, 6),
    approved_by="Exercise: no real approval",
)
UNAPPROVED = APPROVAL.model_copy(update={"approved_by": None})
EVERY_DAY = tuple(Opening(weekday=day, begins=time(9), ends=time(17)) for day in range(7))


def uid(name: str) -> UUID:
    """The same id for the same name."""
    return derived_id("test", name)


def build(kind: type[Payload], usual: dict[str, Any], changes: dict[str, Any]) -> Any:
    return kind(**{**usual, **changes})
