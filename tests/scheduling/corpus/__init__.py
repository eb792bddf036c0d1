"""Plans at the very edge of each rule: the last one that keeps it, and the first one that breaks it alone."""

from dataclasses import replace

from tests.scheduling.corpus import hours, people, supply, told
from tests.scheduling.corpus.edges import Judged, complete

__all__ = ["Judged", "everywhere"]


def everywhere() -> list[Judged]:
    """The whole corpus; names are unique."""
    found: list[Judged] = []
    for cases in (*people.CASES, *hours.CASES, *supply.CASES, *told.CASES):
        for k, (name, problem, routes, broken, *more) in enumerate(cases()):
            plan = replace(complete(problem, routes), **(more[0] if more else {}))
            found.append(Judged(f"{cases.__name__} {k}: {name}", problem, plan, broken))
    return found
