"""Chooses the stops of one shift anew, or of two: which locations, in which order, and how many residents of each.

A cut makes room for one other visit, and an insertion takes the room that there is. Where two visits would have to give way
at once, or one shift must leave doses to another, neither finds it. In small regions all routes of a shift are compared:
labels over locations and numbers of residents, of which those stay that are earlier, take fewer doses or serve more
(Feillet, Dejax, Gendreau and Gueguen 2004). The draft judges what is chosen by every rule.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from scheduling.care.crews import keeps_container
from scheduling.care.doses import in_containers
from scheduling.care.lookup import by_id, needs_by_key
from scheduling.care.members import injectors_for
from scheduling.care.visit_length import of_people
from scheduling.objective import weight_of
from scheduling.solver.budget import Budget
from scheduling.solver.column_params import RechoiceParams
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.parting import with_members
from scheduling.solver.model.schedule import NEVER, earliest_arrival, earliest_start
from scheduling.solver.model.windows import Windows
from scheduling.solver.phases.joining import kind_of, list_free
from scheduling.solver.phases.split_visits import Family, Trial, by_priority, carry_over, rewrite


@dataclass(frozen=True, slots=True)
class Size:
    """So many residents at one door: what they take and what they weigh."""

    people: int
    seconds: int
    doses: int
    weight: int


@dataclass(frozen=True, slots=True)
class Door:
    """Residents of one location whom one visit may serve, as far as a shift could visit them."""

    family: Family
    place: int
    windows: Windows
    sizes: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """The beginning of a route: when its team is free again, what it took, and whom it serves."""

    ready: int
    place: int
    doses: int
    weight: int
    paused: bool
    stops: tuple[tuple[int, Size], ...]  # doors by index

    def dominates(self, other: "Label") -> bool:
        """Whether whatever follows on the other may follow on this one, and serves no less."""
        return (
            self.ready <= other.ready
            and self.doses <= other.doses
            and self.weight >= other.weight
            and self.paused >= other.paused
        )


def rechoose(draft: Draft, params: RechoiceParams, budget: Budget) -> Draft | None:
    """A plan that serves more weight with the stops of one or two shifts chosen anew; None where none was found."""
    indexed = draft.indexed
    waiting = sum(len(indexed.visits[v].needs) for v in draft.unassigned())
    if not 0 < waiting <= params.most_waiting or len(indexed.shifts) > params.most_shifts:
        return None
    shifts = _list_open(draft)
    for chosen in (*((s,) for s in shifts), *permutations(shifts, 2)):
        if not budget.seconds:
            break
        found = _rechoose_for(draft, chosen, params, budget)
        if found is not None:
            return found
    return None


def _list_open(draft: Draft) -> list[int]:
    """Shifts without a stop that must stay as it is."""
    free = set(list_free(draft))
    return [s for s in range(len(draft.routes)) if free.issuperset(draft.visits(s))]


def _rechoose_for(
    draft: Draft, shifts: Sequence[int], params: RechoiceParams, budget: Budget
) -> Draft | None:
    """The plan with the stops of these shifts chosen anew, one after the other, where that serves more."""
    indexed = draft.indexed
    before = sum(indexed.weight[v] for s in shifts for v in draft.visits(s))
    emptied = draft.copy()
    for s in shifts:
        if not emptied.set_route(s, ()):
            return None
    first, *others = shifts
    best: tuple[int, Draft] | None = None
    for label, doors in _choose_routes(emptied, first, params, budget)[: params.most_first]:
        if label.weight <= (0 if others else max(before, best[0] if best else 0)):
            break
        found, weight = _apply(emptied, first, label, doors), label.weight
        for s in others:
            routes = _choose_routes(found, s, params, budget)[:1] if found is not None else []
            for then, theirs in routes:
                found, weight = found and _apply(found, s, then, theirs), weight + then.weight
        if found is not None and weight > (best[0] if best else before):
            best = weight, found
    return best[1] if best else None


def _choose_routes(
    draft: Draft, s: int, params: RechoiceParams, budget: Budget
) -> list[tuple[Label, tuple[Door, ...]]]:
    """Routes of an empty shift, that of most weight first; each for other doses that it takes."""
    found: list[tuple[Label, tuple[Door, ...]]] = []
    for product in sorted({row.id for row in draft.indexed.problem.products}):
        doors = tuple(_list_doors(draft, s, product, params))
        if doors:
            labels = _find_labels(draft, (s, product), doors, params, budget)
            found += ((label, doors) for label in labels)
    found.sort(key=lambda one: (-one[0].weight, one[0].doses, one[0].ready))
    return found


def _list_doors(draft: Draft, s: int, product: str, params: RechoiceParams) -> list[Door]:
    """The locations that an empty shift could visit with a product, those where most weight waits."""
    indexed = draft.indexed
    kinds: dict[object, list[int]] = {}
    for v in draft.unassigned():
        visit = indexed.visits[v]
        is_due = visit.first_day <= indexed.day[s] <= visit.last_day
        is_free = indexed.may_be_cut(v) and visit.id not in indexed.bound
        is_free = is_free and not indexed.must_be_last[v]
        if visit.product_id == product and visit.needs and is_due and is_free:
            key = (kind_of(visit), visit.first_day, visit.last_day)
            kinds.setdefault(key, []).append(v)
    doors = [_to_door(draft, s, visits, params) for visits in kinds.values()]
    found = [one for one in doors if one is not None]
    found.sort(key=lambda one: (-one.sizes[-1].weight, one.family.visits))
    return found[: params.most_doors]


def _to_door(draft: Draft, s: int, visits: list[int], params: RechoiceParams) -> Door | None:
    indexed = draft.indexed
    needs, first = needs_by_key(indexed.problem), indexed.visits[visits[0]]
    members = [one for v in visits for one in indexed.visits[v].needs]
    people = by_priority(needs, first, members)
    days = range(first.first_day, first.last_day + 1)
    family = Family(tuple(visits), tuple(people), first.product_id or "", days, ())
    sizes = tuple(_list_sizes(indexed, s, family, params))
    windows = indexed.start_windows.list_day_windows(first, s)
    if not sizes or not windows:
        return None
    return Door(family, indexed.place[visits[0]], windows, sizes)


def _list_sizes(
    indexed: IndexedProblem, s: int, family: Family, params: RechoiceParams
) -> Iterator[Size]:
    """Numbers of residents of whom one more would take longer or open a container; a few of them where they are many."""
    problem, shift = indexed.problem, indexed.shifts[s]
    needs, first = needs_by_key(problem), indexed.visits[family.visits[0]]
    campaign = by_id(problem.campaigns)[first.campaign_id or ""]
    product, location = (
        by_id(problem.products)[family.product],
        by_id(problem.locations)[first.location_id],
    )
    if not indexed.start_windows.is_allowed(replace(first, needs=family.people[:1]), shift):
        return
    rows = [needs[person, campaign.id, dose] for person, dose in family.people]
    told = indexed.told
    injectors, weight, found = injectors_for(shift, product.id), 0, list[Size]()
    for size, (need, key) in enumerate(zip(rows, family.people, strict=True), start=1):
        doses = in_containers(product, size)
        keeps = keeps_container(campaign, product, location, injectors, size)
        if size > problem.max_residents_per_visit or doses > shift.capacity or not keeps:
            break
        weight += weight_of(need.priority, told=(key[0], campaign.id, key[1]) in told)
        seconds = of_people(campaign, location, rows[:size], injectors)
        if found and (found[-1].seconds, found[-1].doses) == (seconds, doses):
            found.pop()
        found.append(Size(size, seconds, doses, weight))
    step = -(-len(found) // params.most_sizes)
    for k, one in enumerate(reversed(found)):
        is_full = one.people % product.doses_per_container == 0 < product.doses_per_container - 1
        if k % max(1, step) == 0 or is_full:
            yield one


def _find_labels(
    draft: Draft,
    of: tuple[int, str],
    doors: Sequence[Door],
    params: RechoiceParams,
    budget: Budget,
) -> list[Label]:
    """Of all routes to these doors those that no other one with as few doses beats; to stay at the depot is one."""
    s, product = of
    indexed, shift = draft.indexed, draft.indexed.shifts[s]
    most = min(shift.capacity, draft.stockroom.doses_left((shift.depot_id, product), shift.day))
    now = list(_list_starts(indexed, s))
    best = {0: now[0]}
    left = params.most_labels
    while now and left > 0 and budget.seconds:
        further = [other for one in now for other in _extend(indexed, s, one, doors, most)]
        left -= len(further)
        now = _drop_dominated(further)
        for label in now:
            known = best.get(label.doses)
            if (known is None or label.weight > known.weight) and _comes_home(indexed, s, label):
                best[label.doses] = label
    found: list[Label] = []
    for doses in sorted(best):
        if not found or best[doses].weight > found[-1].weight:
            found.append(best[doses])
    return found


def _list_starts(indexed: IndexedProblem, s: int) -> Iterator[Label]:
    """The empty route, before its break and after it."""
    home, opens, pause = indexed.home[s], indexed.opens[s], indexed.shifts[s].pause
    yield Label(opens, home, 0, 0, pause is None, ())
    if pause is not None and opens <= pause.latest:
        after = earliest_arrival(opens, 0, pause)
        yield Label(after, home, 0, 0, paused=True, stops=())


def _drop_dominated(labels: Iterable[Label]) -> list[Label]:
    """Those that no other label of the same locations with the same last one dominates."""
    fronts: dict[tuple[frozenset[int], int], list[Label]] = {}
    for label in labels:
        front = fronts.setdefault((frozenset(d for d, _ in label.stops), label.place), [])
        if not any(one.dominates(label) for one in front):
            front[:] = [one for one in front if not label.dominates(one)]
            front.append(label)
    return [label for front in fronts.values() for label in front]


def _extend(
    indexed: IndexedProblem, s: int, label: Label, doors: Sequence[Door], most: int
) -> Iterator[Label]:
    shift, travel = indexed.shifts[s], indexed.travel
    breaks = (None,) if label.paused else (None, shift.pause)
    gone = {d for d, _ in label.stops}
    for d, door in enumerate(doors):
        if d in gone:
            continue
        for crew_break in breaks:
            drive = travel[label.place][door.place]
            start = earliest_start(door.windows, earliest_arrival(label.ready, drive, crew_break))
            if start == NEVER:
                continue
            latest = shift.end - travel[door.place][indexed.home[s]]
            for size in door.sizes:
                doses = label.doses + size.doses
                if start + size.seconds <= latest and doses <= most:
                    yield Label(
                        start + size.seconds,
                        door.place,
                        doses,
                        label.weight + size.weight,
                        label.paused or crew_break is not None,
                        (*label.stops, (d, size)),
                    )


def _comes_home(indexed: IndexedProblem, s: int, label: Label) -> bool:
    """Whether a route has had its break by the end of the shift, on the way home or after it."""
    shift, drive = indexed.shifts[s], indexed.travel[label.place][indexed.home[s]]
    if label.paused or shift.pause is None:
        return True
    on_road = earliest_arrival(label.ready, drive, shift.pause)
    later = earliest_arrival(label.ready + drive, 0, shift.pause)
    return min(on_road, later) <= shift.end


def _apply(draft: Draft, s: int, label: Label, doors: Sequence[Door]) -> Draft | None:
    """The plan with this route, its visits under lasting names; None where the draft refuses it."""
    indexed, needs = draft.indexed, needs_by_key(draft.indexed.problem)
    trials: list[Trial] = []
    for d, size in label.stops:
        family = doors[d].family
        whole = indexed.visits[family.visits[0]]
        visit = with_members(needs, whole, f"{whole.id} anew", family.people[: size.people])
        trials.append(Trial(family, size.people, None, visit, size.weight, 0))
    finer = indexed.with_visits([*indexed.visits, *(one.visit for one in trials)])
    tried = draft.extended(finer)
    sequence = tuple(finer.index[one.visit.id] for one in trials)
    if not all(finer.windows[v][s] and tried.allows(v, s) for v in sequence):
        return None
    if not tried.set_route(s, sequence):
        return None
    visits, names = rewrite(draft, trials)
    return carry_over(tried, indexed.with_visits(visits), names)
