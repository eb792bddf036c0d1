"""The rules as constraints of OR-Tools' routing model, each under the name of its rule.

What such a constraint lets through, because the exact rule cannot be told, `apply_routes` refuses
afterwards.
"""

from collections.abc import Callable

from ortools.constraint_solver import pywrapcp

from scheduling.care.stock import Span
from scheduling.solver.exact.routing_model import CareRoutingModel
from scheduling.solver.model.draft import NOWHERE
from scheduling.solver.model.stock import Shelf, Stockroom

ALWAYS = False  # not optional

KEPT_BY_CONSTRUCTION = {
    "consent": "care/eligibility.py keeps people without consent out of every visit",
    "eligibility": "care/eligibility.py keeps them out, and visits/grouping.py groups by allowed product",
    "due": "model/windows.py has no moment for a visit in a shift on a day on which it is not due",
    "crew": "model/windows.py has no moment for a visit in a shift whose crew may not inject its product",
    "skills": "model/windows.py has no moment for a visit in a shift that lacks a skill",
    "open_container": "model/windows.py has no moment where a container would outlive its hours",
    "transport": "model/windows.py ends the hours of a visit when doses from the start of the shift are too old",
    "asked": "model/windows.py has no moment for a visit in another shift, or outside the moments, than was asked",
    "lent": "model/windows.py has no moment for a visit in a shift of another region",
    "duty": "care/crews.py ends shifts when the longest duty does, and a draft opens none in a full week",
    "promise": "solve.py holds what people were told, to the second or to the day, before the search",
    "together": "phases/pairs.py gives both halves their places before the search, which keeps them there",
    "fairness": "fairness.py exchanges calls after the search, until none is left to exchange",
    "coverage": "explain.py lists whatever the routes leave out",
}


def once(model: CareRoutingModel) -> None:
    """One node of a visit is made, or none at the price of the visit; fixed stops are not optional."""
    indexed = model.indexed
    for v, nodes in model.nodes_of.items():
        indices = [model.index[k] for k in nodes]
        if v in indexed.is_pinned:
            continue
        # the price of a visit as in `bridge`: seconds of work that leaving it out costs
        weights = model.weights
        waste = indexed.min_load[v] - indexed.visits[v].doses
        price = (
            weights.unserved * indexed.weight[v]
            + weights.late * indexed.late[v]
            - weights.wasted * waste
        )
        # 1 and not 0: a visit that costs nothing to leave out would always be left out
        model.routing.AddDisjunction(indices, max(1, price), 1)
        for k in nodes:
            if model.nodes[k].stays:
                model.routing.AddDisjunction([model.index[k]], weights.moved)


def time_windows(model: CareRoutingModel) -> None:
    """Service at a node starts within its windows, by the vehicles that have these windows."""
    for k, node in enumerate(model.nodes):
        moment = model.time.CumulVar(model.index[k])
        moment.SetRange(node.windows[0][0], node.windows[-1][1])
        for (_, closes), (opens, _) in zip(node.windows, node.windows[1:], strict=False):
            moment.RemoveInterval(closes + 1, opens - 1)
        model.routing.VehicleVar(model.index[k]).SetValues([-1, *node.vehicles])


def shift_hours(model: CareRoutingModel) -> None:
    """A vehicle leaves and returns within its shift, and not before now."""
    for k, s in enumerate(model.sub_problem.shifts):
        midnight = model.midnight(s)
        first, last = model.indexed.opens[s] - midnight, model.indexed.shifts[s].end - midnight
        model.time.CumulVar(model.routing.Start(k)).SetRange(first, last)
        model.time.CumulVar(model.routing.End(k)).SetRange(first, last)


def breaks(model: CareRoutingModel) -> None:
    """The break of each crew starts within its window, between visits."""
    for k, s in enumerate(model.sub_problem.shifts):
        crew_break = model.indexed.shifts[s].pause
        if crew_break is None:
            continue
        midnight = model.midnight(s)
        interval = model.solver.FixedDurationIntervalVar(
            crew_break.earliest - midnight,
            crew_break.latest - midnight,
            crew_break.seconds,
            ALWAYS,
            f"break {k}",
        )
        stays = model.list_stays(s)
        by_index = [stays[model.manager.IndexToNode(i)] for i in range(model.routing.Size())]
        model.time.SetBreakIntervalsOfVehicle([interval], k, by_index)


def rest(model: CareRoutingModel) -> None:
    """Of two shifts without rest in between one is used; the sub-problem has no shift that clashes with one outside."""
    shifts = model.sub_problem.shifts
    for k, s in enumerate(shifts):
        for m in range(k + 1, len(shifts)):
            if shifts[m] in model.indexed.conflicts[s]:
                used = model.routing.ActiveVehicleVar(k) + model.routing.ActiveVehicleVar(m)
                model.solver.Add(used <= 1)


def cool_box(model: CareRoutingModel) -> None:
    """A vehicle carries no more doses than its cool box holds."""
    doses = model.add_quantity(
        [model.indexed.min_load[node.visit] for node in model.nodes], "doses"
    )
    for k, s in enumerate(model.sub_problem.shifts):
        doses.CumulVar(model.routing.End(k)).SetMax(model.indexed.shifts[s].capacity)


def stock(model: CareRoutingModel) -> None:
    """Up to each day a depot gives no more doses of a product than the rest of the plan leaves it.

    Not exact when lots expire within the horizon.
    """
    without = _stock_without_sub_problem(model)
    for product in _list_products(model):
        loads = model.add_quantity(
            [_doses_of(model, node.visit, product) for node in model.nodes], f"doses of {product}"
        )
        for depot in sorted({model.indexed.shifts[s].depot_id for s in model.sub_problem.shifts}):
            _bound_depot(model, without, loads, (depot, product))


def _bound_depot(
    model: CareRoutingModel, without: Stockroom, loads: pywrapcp.RoutingDimension, shelf: Shelf
) -> None:
    indexed, shifts = model.indexed, model.sub_problem.shifts
    here = [k for k, s in enumerate(shifts) if indexed.shifts[s].depot_id == shelf[0]]
    for day in sorted({indexed.day[shifts[k]] for k in here}):
        until = [k for k in here if indexed.day[shifts[k]] <= day]
        now = sum(
            _doses_of(model, v, shelf[1]) for k in until for v in model.draft.visits(shifts[k])
        )
        ends = [loads.CumulVar(model.routing.End(k)) for k in until]
        model.solver.Add(model.solver.Sum(ends) <= max(now, without.doses_left(shelf, day)))


def _doses_of(model: CareRoutingModel, v: int, product: str) -> int:
    return model.indexed.min_load[v] if model.indexed.visits[v].product_id == product else 0


def _list_products(model: CareRoutingModel) -> list[str]:
    return sorted(
        {model.indexed.visits[v].product_id or "" for v in model.sub_problem.visits} - {""}
    )


def _stock_without_sub_problem(model: CareRoutingModel) -> Stockroom:
    stockroom = model.draft.stockroom.copy()
    for s in model.sub_problem.shifts:
        stockroom.draw(s, model.draft.loads[s], ())
        for v in model.draft.visits(s):
            stockroom.record_promise(v, s, -1)
    return stockroom


def reservation(model: CareRoutingModel) -> None:
    """The sub-problem reserves no more next doses than confirmed lots can secure besides the rest of the plan.

    Doses and reserved doses together take no more than there is. Which lot serves which is not modelled.
    """
    without = _stock_without_sub_problem(model)
    for product in _list_products(model):
        loads = [_doses_of(model, node.visit, product) for node in model.nodes]
        promised = [_promised_doses(model, node.visit, product) for node in model.nodes]
        spans = [
            span
            for v in model.sub_problem.visits
            for s in model.sub_problem.shifts
            if (span := without.promise(v, model.indexed.day[s]))
        ]
        if not any(promised):
            continue
        widest = Span(min(s.first_day for s in spans), max(s.last_day for s in spans), 0)
        both = [load + promise for load, promise in zip(loads, promised, strict=True)]
        _bound_total(model, promised, without.promises_left(product, widest), f"promised {product}")
        _bound_total(model, both, without.doses_unpromised(product), f"taken of {product}")


def _bound_total(model: CareRoutingModel, by_node: list[int], room: int, name: str) -> None:
    """All routes together take no more than is left, or than they take now."""
    of_visit = {node.visit: value for node, value in zip(model.nodes, by_node, strict=True)}
    now = sum(of_visit[v] for s in model.sub_problem.shifts for v in model.draft.visits(s))
    total = model.add_quantity(by_node, name)
    ends = [total.CumulVar(model.routing.End(k)) for k in range(len(model.sub_problem.shifts))]
    model.solver.Add(model.solver.Sum(ends) <= max(now, room))


def _promised_doses(model: CareRoutingModel, v: int, product: str) -> int:
    span = model.draft.stockroom.promise(v, 0)
    return span.doses if span and model.indexed.visits[v].product_id == product else 0


def outbreak(model: CareRoutingModel) -> None:
    """A visit at a location with an outbreak keeps its shift, and only the same location follows it."""
    indexed = model.indexed
    last = [k for k, node in enumerate(model.nodes) if indexed.must_be_last[node.visit]]
    ends = [model.routing.End(k) for k in range(len(model.sub_problem.shifts))]
    for k in last:
        here = indexed.place[model.nodes[k].visit]
        same = [model.index[m] for m in last if indexed.place[model.nodes[m].visit] == here]
        model.routing.NextVar(model.index[k]).SetValues([*same, *ends])
        _keep_in_shift(model, model.nodes[k].visit)


def dose_interval(model: CareRoutingModel) -> None:
    """Visits of one series, or of one resident, keep their shifts: only ruin and recreate moves them."""
    for v in model.nodes_of:
        if model.indexed.in_series[v] or model.indexed.clashes[v]:
            _keep_in_shift(model, v)


def fixed(model: CareRoutingModel) -> None:
    """A fixed stop is made by its vehicle at its moment, which is its only window."""
    for v, nodes in model.nodes_of.items():
        if v in model.indexed.is_pinned:
            for k in nodes:
                vehicles = list(model.nodes[k].vehicles)
                model.routing.VehicleVar(model.index[k]).SetValues(vehicles)


def _keep_in_shift(model: CareRoutingModel, v: int) -> None:
    """A visit keeps its shift, or stays unassigned."""
    s = model.draft.where[v]
    vehicles = [] if s == NOWHERE else [model.sub_problem.shifts.index(s)]
    for k in model.nodes_of[v]:
        model.routing.VehicleVar(model.index[k]).SetValues([-1, *vehicles])


CONSTRAINTS: tuple[Callable[[CareRoutingModel], None], ...] = (
    once,
    time_windows,
    shift_hours,
    breaks,
    rest,
    cool_box,
    stock,
    reservation,
    outbreak,
    dose_interval,
    fixed,
)
