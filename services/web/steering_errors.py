"""Why a change by hand is not stored, and what it is to lock a team."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    """A change breaks rules that no reason sets aside."""

    def __init__(self, breaches: Sequence[Breach]) -> None:
        super().__init__(breaches[0].rule)
        self.breaches = tuple(breaches)


class WantsReason(Exception):
    """A change costs somebody something: it needs a reason, in words that can be stored."""

    def __init__(self, breaches: Sequence[Breach]) -> None:
        super().__init__("reason")
        self.breaches = tuple(breaches)


@dataclass(frozen=True, slots=True)
class Locking:
    """Every stop of some shifts is pinned where it stands, or released."""

    shifts: tuple[str, ...]
    pins: bool
