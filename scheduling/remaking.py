"""Makes a plan again from what is kept with it: the same problem, seed and work give the same plan, bit for bit."""

from dataclasses import dataclass
from typing import Final

from scheduling.improve import improve
from scheduling.limits import Limits
from scheduling.plan import Made, Plan, Way
from scheduling.problem import Problem
from scheduling.solve import repair, solve

TIME_ENOUGH: Final = 3600.0  # seconds: so that work ends the search and not the clock


@dataclass(frozen=True, slots=True)
class Remade:
    """A plan made again; `differing` names what of it is other than what was kept."""

    plan: Plan
    differing: tuple[str, ...]


def remake(problem: Problem, kept: Plan) -> Remade | None:
    """Makes a kept plan again; None where a clock ended its search, or where nothing was noted of how it was made.

    How long it took is not compared. Raises as `solve`.
    """
    made = kept.made
    if made is None or not made.is_repeatable:
        return None
    plan = _make(problem, made, kept.seed)
    return Remade(plan, list_differing(kept, plan))


def list_differing(kept: Plan, plan: Plan) -> tuple[str, ...]:
    """Names the fields in which two plans of one problem differ, except how long they took."""
    timed = {"seconds", "first_sound_seconds", "made"}
    names = (name for name in Plan.__dataclass_fields__ if name not in timed)
    return tuple(name for name in names if getattr(kept, name) != getattr(plan, name))


def _make(problem: Problem, made: Made, seed: int) -> Plan:
    seconds = TIME_ENOUGH if made.rounds is not None and made.seconds else made.seconds
    limits = Limits(seconds, made.rounds, made.workers, made.engines)
    if made.way is Way.REPAIR:
        return repair(problem, limits, seed=seed)
    if made.way is Way.IMPROVE:
        return improve(problem, limits, seed=seed).plan
    return solve(problem, limits, seed=seed)
