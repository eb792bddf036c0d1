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


@dataclass(frozen=True, slots=True)
class Part:
    """People who are visited together after a change; without a spot where the visit stands, a new one right behind."""

    visit_id: str
    doses: frozenset[tuple[str, int]]  # person and dose number
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Regroup:
    """The people of some visits of one place are visited in these parts; what is in none of them is no visit any more."""

    parts: tuple[Part, ...]
    of: tuple[str, ...]
    most: int | None = None  # people at a time, also of who comes later
    also: tuple[tuple[str, str, int], ...] = ()  # other visits that move with it: shift and start


@dataclass(frozen=True, slots=True)
class CloseShift:
    """A team does not make a shift, or is back at its depot at a second of it: who falls out is served elsewhere where that fits."""

    shift_id: str
    until: int | None = None  # None: the whole shift


OfStops: TypeAlias = Move | Unassign | Swap | AddCrisis | StartFrom | MoveAll
Edit: TypeAlias = OfStops | Regroup | CloseShift
