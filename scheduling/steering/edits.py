"""What a planner may want to change by hand, as plain rows; times are seconds since the start of the horizon."""

from dataclasses import dataclass
from typing import TypeAlias

from scheduling.problem import CrisisVisit


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a visit should go: a shift, and at most one of a moment and a neighbour; with neither the cheapest gap."""

    shift_id: str
    start: int | None = None
    before: str | None = None  # a visit of that shift
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A visit goes to another team, day or moment."""

    visit_id: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class Unassign:
    """A visit leaves the plan; its people wait."""

    visit_id: str


@dataclass(frozen=True, slots=True)
class Swap:
    """Two visits take each other's place."""

    visit_id: str
    other_id: str


@dataclass(frozen=True, slots=True)
class AddCrisis:
    """A crisis visit that nobody planned yet is made; without a spot by the team that it costs least."""

    crisis: CrisisVisit
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class StartFrom:
    """Some shifts make no stop before a moment of their day: what stands earlier begins then, the rest gives way."""

    moments: tuple[tuple[str, int], ...]  # shift and second


@dataclass(frozen=True, slots=True)
class MoveAll:
    """Several visits go to places that are known, all at once: nobody gives way to them."""

    places: tuple[tuple[str, str, int], ...]  # visit, shift and start


Edit: TypeAlias = Move | Unassign | Swap | AddCrisis | StartFrom | MoveAll
