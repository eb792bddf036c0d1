"""What runs in the planner's child processes: searches, with all imports done before the first of them."""

import gc
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import active_children, get_context
from typing import TYPE_CHECKING, TypeAlias

from infra.embedded.orphans import die_with_parent
from scheduling.improve import Offer, improve
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.routing.engines import list_installed, load_engine
from scheduling.solve import Limits, repair, solve

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

Stopped: TypeAlias = "Synchronized[int]"  # searches up to this number are to end

ANSWER_NICENESS, BACKGROUND_NICENESS = 5, 15  # pages and intake go first, then who answers
_stopped: "Stopped | None" = None


def start_solver() -> ProcessPoolExecutor:
    """Starts the child process that answers events."""
    return ProcessPoolExecutor(1, get_context("spawn"), make_ready, (ANSWER_NICENESS, None))


def start_background(stopped: Stopped) -> ProcessPoolExecutor:
    """Starts the child process that makes plans better, which yields to the other one."""
    return ProcessPoolExecutor(1, get_context("spawn"), make_ready, (BACKGROUND_NICENESS, stopped))


def make_stopped() -> Stopped:
    """A number that all processes see; no search has a lower one."""
    return get_context("spawn").Value("q", -1)


@contextmanager
def ended_at_once() -> Iterator[None]:
    """Ends the child processes on leaving, whatever they search: a pool that closes would wait for it, with nobody to answer events."""
    try:
        yield
    finally:
        for child in active_children():
            child.kill()


def make_ready(niceness: int, stopped: "Stopped | None") -> None:
    """Makes the process yield to others and end with the planner, and loads the engines."""
    global _stopped  # handed to a pool's processes once, at their start
    die_with_parent()
    os.nice(niceness)
    _stopped = stopped
    for name in list_installed():
        load_engine(name)
    # the collector walks over a problem's rows again and again, a sixth of an answer, and finds nothing in them; a lost
    # lot makes 200,000 of them
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 50)


def is_awake() -> bool:
    """Answers once the process has loaded everything."""
    return True


def make_stop(number: int) -> Callable[[], bool]:
    """Tells the search with this number whether it is to end."""
    stopped = _stopped
    return lambda: stopped is not None and stopped.value >= number


def solve_apart(problem: Problem, limits: Limits, seed: int) -> Plan:
    """Calls `solve`, with arguments that can be pickled."""
    return solve(problem, limits, seed=seed)


def answer_apart(problem: Problem, limits: Limits, seed: int) -> Plan:
    """Answers an event: all that is published and still allowed stays, and who can be added at once is.

    Without anything published there is nothing to keep, and the whole time is worth it.
    """
    at_once = replace(limits, seconds=0.0) if problem.published else limits
    return repair(problem, at_once, seed=seed)


def answer_better_apart(problem: Problem, limits: Limits, seed: int, number: int) -> Plan | None:
    """Answers the same event with more thought; None when the search was stopped."""
    stop = make_stop(number)
    plan = None if stop() else repair(problem, limits, seed=seed, stop=stop)
    return None if stop() else plan


def improve_apart(problem: Problem, limits: Limits, seed: int, number: int) -> Offer | None:
    """A plan beside the published one, for a person; None when the search was stopped."""
    stop = make_stop(number)
    offer = None if stop() else improve(problem, limits, seed=seed, stop=stop)
    return None if stop() else offer
