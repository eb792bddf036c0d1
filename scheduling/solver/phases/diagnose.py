"""Why a visit is unassigned: what keeps it out of each shift of the finished plan."""

from scheduling.care.members import may_inject
from scheduling.explain import Obstacle, reasons_of
from scheduling.plan import Reason, Visit
from scheduling.problem import Shift
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import solo_schedule
from scheduling.solver.model.stock import Stockroom
from scheduling.solver.operators.insertion import InsertionCosts


def diagnose(draft: Draft, insertions: InsertionCosts) -> dict[str, tuple[Reason, ...]]:
    """The reasons of every unassigned visit."""
    indexed = draft.indexed
    empty, idle = Stockroom(indexed), Draft(indexed)
    # longer than a week of its crew may be, whatever else they do: nobody works it
    closed = frozenset(s for s in range(len(indexed.shifts)) if idle.fills_week(s))
    found: dict[str, tuple[Reason, ...]] = {}
    for v, visit in enumerate(indexed.visits):
        if draft.where[v] == NOWHERE:
            found[visit.id] = _diagnose_visit(draft, insertions, v, empty, closed)
    return found


def _diagnose_visit(
    draft: Draft,
    insertions: InsertionCosts,
    v: int,
    empty: Stockroom,
    closed: frozenset[int],
) -> tuple[Reason, ...]:
    indexed = draft.indexed
    if any(f.after == v and draft.where[f.before] == NOWHERE for f in indexed.follows):
        return (Reason.NOT_DUE,)
    if not indexed.start_windows.is_known(indexed.visits[v]):
        return (Reason.LOCATION_UNKNOWN,)
    if v in indexed.unplannable:
        return (Reason.NO_TWO_TEAMS,)
    obstacles = [
        Obstacle.NO_DAY if s in closed else find_obstacle(draft, insertions, v, s)
        for s in range(len(indexed.shifts))
    ]
    alone = any(empty.fits(v, s) for s in indexed.possible_shifts[v] if s not in closed)
    return reasons_of(obstacles, fits_alone=alone)


def find_obstacle(draft: Draft, insertions: InsertionCosts, v: int, s: int) -> Obstacle:
    """The first thing that keeps visit `v` out of shift `s`."""
    indexed = draft.indexed
    lasting = _find_lasting_obstacle(indexed, v, s)
    if lasting is not None:
        return lasting
    if insertions.find_feasible_position(draft, v, s) is None:
        return Obstacle.FULL
    if not draft.stockroom.has_stock(v, s):
        return Obstacle.STOCK
    if not draft.stockroom.secures(v, s):
        return Obstacle.NEXT_DOSE
    return Obstacle.NOTHING


def _find_lasting_obstacle(indexed: IndexedProblem, v: int, s: int) -> Obstacle | None:
    """What keeps the visit out of the shift whatever else is planned; None when nothing does."""
    visit, shift = indexed.visits[v], indexed.shifts[s]
    if not _has_day(indexed, visit, shift):
        return Obstacle.NO_DAY
    if not visit.skills <= shift.skills:
        return Obstacle.SKILLS
    if visit.product_id is not None and not may_inject(shift, visit.product_id):
        is_ordered = visit.product_id in shift.ordered_products
        return Obstacle.INJECTOR if is_ordered else Obstacle.ORDER
    if not indexed.start_windows.list_reachable_windows(visit, s):
        return Obstacle.WINDOW
    if not indexed.windows[v][s] or solo_schedule(indexed, v, s) is None:
        return Obstacle.LENGTH
    return None


def _has_day(indexed: IndexedProblem, visit: Visit, shift: Shift) -> bool:
    """Whether the region may plan the shift and the visit is due on its day."""
    problem = indexed.problem
    ours = indexed.start_windows.is_ours(shift) and shift.end > problem.now
    if not ours or not 0 <= shift.day < problem.days:
        return False
    if visit.product_id is None:
        first, last = indexed.start_windows.find_crisis_window(visit)
        return shift.start <= last and shift.end >= first
    return visit.first_day <= shift.day <= visit.last_day
