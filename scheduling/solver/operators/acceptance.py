"""Which plan a search continues from: simulated annealing (Kirkpatrick et al., 1983) over weighted values."""

from math import exp
from random import Random

from scheduling.plan import Values
from scheduling.solver.params import DEFAULT, CostWeights


def weighted_cost(values: Values, weights: CostWeights = DEFAULT.weights) -> float:
    """The values as one number, in seconds of work."""
    return (
        weights.unserved * values.unserved_weight
        + weights.late * values.late_next_doses
        + weights.wasted * values.doses_wasted
        + weights.moved * values.moved_stops
        + values.working_seconds
        + values.wish_seconds
        + values.metres / weights.metres_per_work_second
    )


def accepts(now: float, then: float, temperature: float, random: Random) -> bool:
    """Whether to continue from a plan of cost `then`, coming from one of cost `now`; all in seconds of work."""
    if then <= now:
        return True
    return temperature > 0 and random.random() < exp((now - then) / temperature)
