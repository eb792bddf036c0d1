"""Who is unassigned, by location and reason, and the smallest visits by which one of them could be served."""

from collections.abc import Iterator
from dataclasses import dataclass

from scheduling.care.lookup import NeedKey, needs_by_key
from scheduling.fitting.held import Standing
from scheduling.fitting.obstacles import Tried, Trying
from scheduling.plan import Reason, Unassigned, Visit
from scheduling.problem import Need, Shift
from scheduling.visits.grouping import list_open_needs, of_crisis


@dataclass(frozen=True, slots=True)
class Target:
    """Everybody at one location who is unassigned for one reason, and crisis visits."""

    location_id: str
    reason: Reason
    needs: tuple[NeedKey, ...]
    crisis_ids: tuple[str, ...]

    @property
    def people(self) -> int:
        """How many residents."""
        return len({person for person, _, _ in self.needs})


@dataclass(frozen=True, slots=True)
class Tries:
    """What was tried for a target: one answer for each shift that could be asked; none where no plan may serve it."""

    target: Target
    is_barred: bool  # no shift would help: the reason says who decides
    tried: tuple[Tried, ...]


def list_targets(rows: tuple[Unassigned, ...]) -> list[Target]:
    """Groups what is unassigned by location and strongest reason."""
    found: dict[tuple[str, Reason], list[Unassigned]] = {}
    for row in rows:
        found.setdefault((row.location_id, row.reasons[0]), []).append(row)
    return [
        Target(
            location,
            reason,
            tuple(
                (row.person_id, row.campaign_id or "", row.dose_no or 0)
                for row in some
                if row.person_id is not None
            ),
            tuple(row.visit_id for row in some if row.person_id is None and row.visit_id),
        )
        for (location, reason), some in sorted(found.items())
    ]


def try_shifts(trying: Trying, target: Target) -> Tries:
    """What keeps even one of them out of each shift that could be asked, by day."""
    visits = list(list_smallest(trying.standing, target))
    tried: list[Tried] = []
    for shift in sorted(trying.standing.shifts.values(), key=lambda row: (row.start, row.id)):
        if trying.standing.may_be_asked(shift):
            found = [
                one
                for visit in visits
                if is_due(trying.standing, visit, shift)
                and (one := trying.find_obstacles(visit, shift)) is not None
            ]
            if found:
                tried.append(min(found, key=_rank))
    return Tries(target, not visits, tuple(tried))


def _rank(tried: Tried) -> tuple[int, int, str]:
    """The fewest obstacles, the smallest of which first."""
    return len(tried.obstacles), sum(one.amount for one in tried.obstacles), tried.visit.id


def is_due(standing: Standing, visit: Visit, shift: Shift) -> bool:
    """Whether the visit may be made on the day of the shift, as far as it is due."""
    if visit.product_id is None:
        crisis = next(row for row in standing.problem.crisis_visits if row.id == visit.id)
        return shift.start <= crisis.last_second and shift.end >= crisis.first_second
    return visit.first_day <= shift.day <= visit.last_day


def list_smallest(standing: Standing, target: Target) -> Iterator[Visit]:
    """A visit to one resident of each kind that counts alike, for each product that they may get; and the crisis visits."""
    problem = standing.problem
    for row in problem.crisis_visits:
        location = standing.locations.get(row.location_id)
        if row.id in target.crisis_ids and location is not None and location.known:
            yield of_crisis(problem, row)
    open_needs = list_open_needs(problem)
    kinds: dict[object, Need] = {}
    for key in target.needs:
        need = open_needs.get(key)
        if need is not None and _is_turn(standing, need):
            kinds.setdefault(_kind_of(standing, need), need)
    for n, need in enumerate(kinds.values()):
        for product in need.products:
            yield to_visit((need,), product, f"{target.location_id} {n} {product}")


def _is_turn(standing: Standing, need: Need) -> bool:
    """Whether the dose before is planned, where this one follows one."""
    before = (need.person_id, need.campaign_id, need.since_dose or 0)
    return need.since_dose is None or before in standing.stop_of


def _kind_of(standing: Standing, need: Need) -> object:
    """What tells residents apart: when, with what and for how long they are to be visited."""
    before = standing.stop_of.get((need.person_id, need.campaign_id, need.since_dose or 0))
    since = (before[1].start // 86400, before[1].visit.product_id) if before else None
    takes = (need.extra_seconds, need.observation_seconds, need.dose_no, need.campaign_id)
    return need.first_day, need.last_day, need.products, need.skills, takes, since


def to_visit(needs: tuple[Need, ...], product: str, name: str) -> Visit:
    """A visit to these residents of one location, for one product."""
    return Visit(
        id=name,
        location_id=needs[0].location_id,
        campaign_id=needs[0].campaign_id,
        product_id=product,
        needs=tuple(sorted((need.person_id, need.dose_no) for need in needs)),
        first_day=max(need.first_day for need in needs),
        last_day=min(need.last_day for need in needs),
        priority=max(need.priority for need in needs),
        skills=frozenset[str]().union(*(need.skills for need in needs)),
    )


def find_need(standing: Standing, key: NeedKey) -> Need:
    """The need with this key."""
    return needs_by_key(standing.problem)[key]
