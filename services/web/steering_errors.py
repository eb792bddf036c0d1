"""Why a change by hand is not stored, and what it is to lock a team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.teams import PinKind
from infra.postgres.pages.decisions import ChangeRow
from scheduling.steering.breaches import Breach


class NoPlanYet(Exception):
    """The region has no plan that could be changed."""


class Stale(Exception):
    """Somebody changed a stop that this change is about, after the caller looked."""

    def __init__(self, changes: Sequence[ChangeRow]) -> None:
        super().__init__("stale")
        self.changes = tuple(changes)


class CannotHold(Exception):
    """A change breaks rules that no reason sets aside; `held_by` are the pins with which it cannot hold together."""

    def __init__(self, breaches: Sequence[Breach], held_by: Sequence[str] = ()) -> None:
        super().__init__(breaches[0].rule)
        self.breaches = tuple(breaches)
        self.held_by = tuple(held_by)


class WantsReason(Exception):
    """A change costs somebody something: it needs a reason, in words that can be stored."""

    def __init__(self, breaches: Sequence[Breach]) -> None:
        super().__init__("reason")
        self.breaches = tuple(breaches)


@dataclass(frozen=True, slots=True)
class Pinning:
    """One thing of a stop is held: its place, team, moment, the stop before it, or when it begins; or it is released."""

    visit_id: str
    kind: PinKind | None  # None: released
    not_before: datetime | None = None
    not_after: datetime | None = None
    behind: UUID | None = None

    def holds(self, starts_at: datetime) -> bool:
        """Whether a start keeps the window."""
        first = self.not_before is None or self.not_before <= starts_at
        return first and (self.not_after is None or starts_at <= self.not_after)


@dataclass(frozen=True, slots=True)
class Locking:
    """Every stop of some shifts is pinned where it stands, or released."""

    shifts: tuple[str, ...]
    pins: bool
