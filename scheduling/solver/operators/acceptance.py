"""When a search goes on from a plan that is a little worse: simulated annealing over the values."""

from math import exp
from random import Random

from scheduling.plan import Values

# Seconds of work that each value is worth in the search. The agreed order is strict and decides which
# plan is best; these weights only lead the way.
UNSERVED = 200
LATE = 20_000
WASTED = 500  # more empties a few more containers and drives a third further (docs/decisions/0012)
MOVED = 900
METRES_PER_WORK_SECOND = 20


def weighted_cost(values: Values) -> float:
    """The values as one number, in seconds of work."""
    return (
        UNSERVED * values.unserved_weight
        + LATE * values.late_next_doses
        + WASTED * values.doses_wasted
        + MOVED * values.moved_stops
        + values.working_seconds
        + values.wish_seconds
        + values.metres / METRES_PER_WORK_SECOND
    )


def accepts(now: float, then: float, temperature: float, random: Random) -> bool:
    """Whether to go on from a plan of cost `then`, coming from one of cost `now`."""
    if then <= now:
        return True
    return temperature > 0 and random.random() < exp((now - then) / temperature)
