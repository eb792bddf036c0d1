"""The promise to people who were told a third time: nobody loses what the plan could have kept.

Nothing is weighed here. A plan breaks its promise when somebody who was told is left out, on another day, or at short
notice with another team or at another moment, and could have come as told beside everybody whom the plan does keep, or
in the place of people who weigh less. Whether stops can stand together is asked of the other rules of `truth`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from scheduling.care.visit_length import service_seconds
from scheduling.plan import Route, Stop, Visit
from scheduling.problem import Fixed, Need, Published, Shift
from scheduling.standing import routes_of_fixed
from scheduling.visits.grouping import list_open_needs, visit_of

if TYPE_CHECKING:
    from tests.scheduling.truth import Truth

Dose = tuple[str, int]
Kept = dict[
    str, frozenset[Dose]
]  # of each visit whom the plan lets come as told; of a crisis visit nobody
Called = tuple[Shift, Route, Stop]


def promise(truth: "Truth") -> Iterator[bool]:
    told = {row.visit_id: row for row in truth.problem.published if _was_told(truth, row)}
    expected = _expected(truth, told.values())
    kept: Kept = {}
    for name, doses in expected.items():
        come = frozenset(d for d in doses if _comes(truth, told[name], _calls_of(truth, name, d)))
        if come or (not doses and _comes(truth, told[name], _calls_of(truth, name, None))):
            kept[name] = come
    shifts = {shift.id for shift in truth.problem.shifts}
    there = _standing(
        truth, told, {name: kept[name] for name in kept if told[name].shift_id in shifts}
    )
    for name, doses in expected.items():
        lost = doses - kept.get(name, frozenset())
        if (lost or name not in kept) and told[name].shift_id in shifts:
            yield _could_have_come(truth, told, there, name, lost)


def _was_told(truth: "Truth", row: Published) -> bool:
    settled = {one.visit_id for one in truth.problem.fixed if one.why in ("pinned", "frozen")}
    if row.location_id is None or row.visit_id in settled | truth.problem.done_visits:
        return False
    return row.start >= truth.problem.now and (row.told or _is_near(truth, row))


def _is_near(truth: "Truth", row: Published) -> bool:
    return row.start - truth.problem.now < truth.problem.notice_seconds


def _expected(truth: "Truth", rows: Iterable[Published]) -> Kept:
    """Who may still be served there and then, by anybody."""
    wanted = list_open_needs(truth.problem)
    for one in _settled(truth):
        for person, dose in visit_of(truth.problem, one, wanted).needs:
            wanted.pop((person, one.campaign_id or "", dose), None)
    found: Kept = {}
    for row in sorted(rows, key=lambda row: (row.start, row.visit_id)):
        if row.campaign_id is None:
            crises = [one for one in truth.problem.crisis_visits if one.id == row.visit_id]
            if any(one.location_id == row.location_id for one in crises):
                found[row.visit_id] = frozenset()
        elif doses := frozenset(dose for dose in row.doses if _is_due(truth, row, dose, wanted)):
            found[row.visit_id] = doses
            for person, dose in doses:
                del wanted[person, row.campaign_id, dose]
    return found


def _is_due(
    truth: "Truth", row: Published, dose: Dose, wanted: Mapping[tuple[str, str, int], Need]
) -> bool:
    need = wanted.get((dose[0], row.campaign_id or "", dose[1]))
    if need is None or row.product_id not in need.products:
        return False
    is_due = need.first_day <= truth.day(row.start) <= need.last_day
    return is_due and need.location_id == row.location_id


def _calls_of(truth: "Truth", name: str, dose: Dose | None) -> list[Called]:
    if dose is None:
        return [call for call in truth.calls if call[2].visit.id == name]
    (row,) = (one for one in truth.problem.published if one.visit_id == name)
    return [
        call
        for call in truth.calls
        if call[2].visit.campaign_id == row.campaign_id and dose in call[2].visit.needs
    ]


def _comes(truth: "Truth", row: Published, calls: list[Called]) -> bool:
    """The day that was told; and soon the team and the moment too, unless the stop gave way to a higher priority."""
    for shift, _, stop in calls[-1:]:
        if truth.day(stop.start) != truth.day(row.start):
            return False
        exact = (shift.id, stop.start) == (row.shift_id, row.start)
        return exact or not _is_near(truth, row) or _gave_way(truth, row.visit_id)
    return False


def _gave_way(truth: "Truth", name: str) -> bool:
    if len(truth.plan.moved) > truth.problem.repair_moves:
        return False
    for one in truth.plan.moved:
        first, second = _priorities(truth, one.for_visit), _priorities(truth, one.visit_id)
        if one.visit_id == name and first and second and max(first) > max(second):
            return True
    return False


def _priorities(truth: "Truth", name: str) -> list[int]:
    """Whom a stop of the plan serves."""
    found: list[int] = []
    for _, _, stop in truth.calls:
        if stop.visit.id == name:
            found += [one.priority for one in truth.problem.crisis_visits if one.id == name]
            campaign = stop.visit.campaign_id
            found += [truth.need(who, campaign, dose).priority for who, dose in stop.visit.needs]
    return found


def _standing(truth: "Truth", told: dict[str, Published], kept: Kept) -> Kept:
    """Of those whom the plan keeps, who are where they were told; and who only has the day, where that could stand too."""
    found: Kept = {}
    for name in sorted(kept, key=lambda name: (not _is_exact(truth, told[name]), name)):
        if _is_exact(truth, told[name]) or _can_stand(truth, told, {**found, name: kept[name]}):
            found[name] = kept[name]
    return found


def _is_exact(truth: "Truth", row: Published) -> bool:
    return any(
        (stop.visit.id, shift.id, stop.start) == (row.visit_id, row.shift_id, row.start)
        for shift, _, stop in truth.calls
    )


def _could_have_come(
    truth: "Truth",
    told: dict[str, Published],
    kept: Kept,
    name: str,
    lost: frozenset[Dose],
) -> bool:
    mine = kept.get(name, frozenset())
    for more in {lost, *(frozenset({dose}) for dose in lost)}:
        mass = _weight(truth, told[name], more)
        if _can_stand(truth, told, {**kept, name: mine | more}):
            return True
        for other, doses in kept.items():
            for fewer in {doses, *(frozenset({dose}) for dose in doses)}:
                if _weight(truth, told[other], fewer) >= mass:
                    continue
                rest = {**kept, other: doses - fewer}
                if doses == fewer:
                    del rest[other]
                if _can_stand(truth, told, {**rest, name: rest.get(name, frozenset()) | more}):
                    return True
    return False


def _weight(truth: "Truth", row: Published, doses: Collection[Dose]) -> int:
    if row.campaign_id is None:
        (crisis,) = (one for one in truth.problem.crisis_visits if one.id == row.visit_id)
        return 40 * (crisis.priority + 1)
    return sum(truth.need(who, row.campaign_id, dose).priority + 1 for who, dose in doses)


def _can_stand(truth: "Truth", told: dict[str, Published], kept: Kept) -> bool:
    """Whether these stops, beside the pinned ones, break no rule that the pinned ones do not break alone."""
    return _faults(truth, told, kept) <= _faults(truth, told, {})


def _faults(truth: "Truth", told: dict[str, Published], kept: Kept) -> set[str]:
    pinned = _settled(truth)
    wanted = list_open_needs(truth.problem)
    visits = [visit_of(truth.problem, one, wanted) for one in pinned]
    stops: list[Fixed] = []
    for name, doses in kept.items():
        visit = _as_told(truth, told[name], doses)
        visits.append(visit)
        stops.append(_where_told(truth, told[name], visit))
    problem = replace(truth.problem, fixed=(*pinned, *stops), published=())
    plan = replace(truth.plan, routes=routes_of_fixed(problem, visits), unassigned=(), moved=())
    return type(truth)(problem, plan).faults() - {"coverage", "together", "fixed"}


def _settled(truth: "Truth") -> list[Fixed]:
    """What people or time decided, whatever was told."""
    return [one for one in truth.problem.fixed if one.why in ("pinned", "frozen")]


def _as_told(truth: "Truth", row: Published, doses: Collection[Dose]) -> Visit:
    day, needs = truth.day(row.start), tuple(sorted(doses))
    skills = {one for who, dose in needs for one in truth.need(who, row.campaign_id, dose).skills}
    visit = Visit(
        id=row.visit_id,
        location_id=row.location_id or "",
        campaign_id=row.campaign_id,
        product_id=row.product_id,
        needs=needs,
        first_day=day,
        last_day=day,
        priority=0,
        skills=frozenset(skills),
    )
    crisis = truth.crisis(visit)
    return replace(visit, skills=crisis.skills) if crisis else visit


def _where_told(truth: "Truth", row: Published, visit: Visit) -> Fixed:
    """As long as in the plan where it is made as told, else as long as was published, or as today's crew needs."""
    (shift,) = (one for one in truth.problem.shifts if one.id == row.shift_id)
    takes = service_seconds(replace(truth.problem, fixed=()), visit, shift)
    if row.campaign_id is not None:
        takes = max(takes, row.service_seconds)
    for other, _, stop in truth.calls:
        there = (stop.visit.id, other.id, stop.start) == (row.visit_id, row.shift_id, row.start)
        if there and set(stop.visit.needs) == set(visit.needs):
            takes = stop.departure - stop.start
    return Fixed(
        visit_id=visit.id,
        shift_id=row.shift_id,
        start=row.start,
        person_ids=frozenset(who for who, _ in visit.needs),
        why="told",
        location_id=visit.location_id,
        campaign_id=visit.campaign_id,
        product_id=visit.product_id,
        service_seconds=takes,
        doses=frozenset(visit.needs),
    )
