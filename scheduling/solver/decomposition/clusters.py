"""A large region cut by geography, for the first plan: neighbouring visits with as many shifts as they need."""

from scheduling.solver.decomposition.subproblem import SubProblem
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import DEFAULT, ClusterParams


def cut_by_geography(
    indexed: IndexedProblem, sub_problem: SubProblem, params: ClusterParams = DEFAULT.clusters
) -> list[SubProblem]:
    """The sub-problem in clusters; each gets its share of the hours of the shifts, from the nearest depots."""
    groups = _bisect(indexed, list(sub_problem.visits), params)
    if len(groups) == 1:
        return [sub_problem]
    work = [sum(_visit_seconds(indexed, v, params) for v in group) for group in groups]
    hours = sum(indexed.shifts[s].end - indexed.opens[s] for s in sub_problem.shifts)
    left = [hours * one / max(1, sum(work)) for one in work]
    chosen: list[list[int]] = [[] for _ in groups]
    road = {
        home: [
            sum(indexed.travel[home][indexed.place[v]] for v in group) / len(group)
            for group in groups
        ]
        for home in {indexed.home[s] for s in sub_problem.shifts}
    }
    for s in sub_problem.shifts:
        open_groups = [g for g, rest in enumerate(left) if rest > 0] or list(range(len(groups)))
        g = min(
            open_groups,
            key=lambda g: (road[indexed.home[s]][g] * _fill_factor(left[g], work[g]), g),
        )
        chosen[g].append(s)
        left[g] -= indexed.shifts[s].end - indexed.opens[s]
    return [SubProblem(tuple(s), tuple(v)) for s, v in zip(chosen, groups, strict=True) if s]


def _fill_factor(left: float, work: float) -> float:
    """Makes a shift look further away for a cluster that has most of its hours, so that nearer shifts go there."""
    return 2 - left / max(1.0, work)


def _visit_seconds(indexed: IndexedProblem, v: int, params: ClusterParams) -> int:
    return (
        min((indexed.service[v][s] for s in indexed.possible_shifts[v]), default=0)
        + params.road_seconds
    )


def _bisect(indexed: IndexedProblem, visits: list[int], params: ClusterParams) -> list[list[int]]:
    """Cut in two between the visits that are furthest apart, until the clusters are small."""
    if len(visits) <= params.visits * params.largest_factor:
        return [visits]
    travel, place = indexed.travel, indexed.place
    one = max(visits, key=lambda v: (travel[place[visits[0]]][place[v]], v))
    other = max(visits, key=lambda v: (travel[place[one]][place[v]], v))
    ordered = sorted(
        visits,
        key=lambda v: (travel[place[one]][place[v]] - travel[place[other]][place[v]], v),
    )
    half = len(ordered) // 2
    return [
        *_bisect(indexed, sorted(ordered[:half]), params),
        *_bisect(indexed, sorted(ordered[half:]), params),
    ]
