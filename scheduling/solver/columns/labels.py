"""Routes under way, one in each row of some arrays, and the choice of those that are worth going on with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scheduling.solver.columns.arrays import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Containers:
    """Of products whose opened containers travel: doses on board, and when the container was opened."""

    spare: Ints  # by product
    opened: Ints

    def pick(self, rows: Ints | Bools) -> "Containers":
        """Those of some labels."""
        return Containers(self.spare[rows], self.opened[rows])


@dataclass(frozen=True, slots=True)
class Labels:
    """Routes under way: when the crew is ready, whether it had its break, where it is, and what it did."""

    ready: Ints
    rested: Bools
    last: Ints
    made: Ints  # a bit for each candidate
    loads: Ints  # by product
    value: Floats
    road: Ints
    order: Ints  # the candidates in order
    containers: Containers | None

    def pick(self, rows: Ints | Bools) -> "Labels":
        """The labels in these rows."""
        return Labels(
            self.ready[rows],
            self.rested[rows],
            self.last[rows],
            self.made[rows],
            self.loads[rows],
            self.value[rows],
            self.road[rows],
            self.order[rows],
            self.containers.pick(rows) if self.containers else None,
        )


def choose_best(
    value: Floats, spent: Ints, rate: float, each: int, tastes: Sequence[float]
) -> Ints:
    """The rows of the best labels under each taste, in order; `rate` is what a second is worth."""
    if len(value) <= each:
        return np.arange(len(value))
    chosen = np.zeros(len(value), dtype=bool)
    for taste in tastes:
        score = taste * rate * spent - value
        chosen[np.argpartition(score, each)[:each]] = True
    return np.flatnonzero(chosen)


def drop_equals(labels: Labels) -> Labels:
    """Of labels with the same visits, door and break the earliest."""
    order = np.lexsort((labels.ready, labels.rested, labels.last, labels.made))
    made, last, rested = labels.made[order], labels.last[order], labels.rested[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (made[1:] != made[:-1]) | (last[1:] != last[:-1]) | (rested[1:] != rested[:-1])
    return labels.pick(order[first])
