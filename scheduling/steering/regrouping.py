"""A visit that is split, and visits that are joined, by hand: which people are visited together, where and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scheduling.care.lookup import needs_by_key
from scheduling.steering.actual import Actual
from scheduling.steering.edits import Part, Regroup, Spot
from scheduling.steering.timetable import StandingStop, WantedStop
from scheduling.steering.trials import (
    Refused,
    Trial,
    find_stop,
    length,
    list_gaps,
    open_shift,
    still,
)
from scheduling.visits.by_hand import with_doses

Doses = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Apart:
    """How a visit is split: these people go, or those of one dose or priority, or so many, or at most so many at a time."""

    people: frozenset[str] = frozenset()
    dose_no: int | None = None
    priority: int | None = None
    number: int | None = None
    most: int | None = None


def to_split(
    actual: Actual, visit_id: str, apart: Apart, new_ids: Sequence[str], spot: Spot | None = None
) -> Regroup:
    """The visit without those who go, and a visit of them: at a spot, or right behind it. Raises Refused.

    There are as many `new_ids` as a visit may have parts.
    """
    _, stop = find_stop(actual, visit_id)
    doses = sorted(stop.visit.needs)
    if stop.visit.product_id is None:
        raise Refused("no_people", visit_id, "a crisis visit has no residents to be split")
    if len(doses) < 2:
        raise Refused("one_person", visit_id, "a visit to one person cannot be split")
    if apart.most is not None:
        parts = -(-len(doses) // apart.most)
        size = -(-len(doses) // parts)
        groups = [frozenset(doses[k : k + size]) for k in range(0, len(doses), size)]
    else:
        goes = _choose(actual, stop, apart)
        groups = [frozenset(doses) - goes, goes]
    if len(groups) < 2 or not all(groups):
        raise Refused("nothing_to_split", visit_id, "all of its people would stay in one visit")
    if len(groups) > len(new_ids) + 1:
        raise Refused("too_many_parts", visit_id, f"more than {len(new_ids) + 1} visits")
    first, *others = groups
    rest = (Part(name, group, spot) for name, group in zip(new_ids, others, strict=False))
    return Regroup((Part(visit_id, first), *rest), (visit_id,), apart.most)


def _choose(actual: Actual, stop: StandingStop, apart: Apart) -> Doses:
    """Who goes to the new visit. Raises Refused for somebody who is not in it."""
    doses = sorted(stop.visit.needs)
    if apart.number is not None:
        return frozenset(doses[len(doses) - min(apart.number, len(doses)) :])
    needs, campaign = needs_by_key(actual.problem), stop.visit.campaign_id or ""
    if apart.dose_no is not None:
        return frozenset(one for one in doses if one[1] == apart.dose_no)
    if apart.priority is not None:
        return frozenset(
            one for one in doses if needs[one[0], campaign, one[1]].priority == apart.priority
        )
    if strangers := sorted(apart.people - {person for person, _ in doses}):
        raise Refused("not_in_visit", stop.visit.id, f"{len(strangers)} are not in this visit")
    return frozenset(one for one in doses if one[0] in apart.people)


def to_join(actual: Actual, visit_id: str, other_id: str, spot: Spot | None = None) -> Regroup:
    """Everybody of two visits in the first one, where it stands or at a spot. Raises Refused."""
    (_, one), (_, other) = find_stop(actual, visit_id), find_stop(actual, other_id)
    if visit_id == other_id:
        raise Refused("same_visit", visit_id, "a visit cannot be joined with itself")
    if one.visit.location_id != other.visit.location_id:
        raise Refused("other_place", other_id, "the visits are at two locations")
    if one.visit.product_id is None or _gives(one) != _gives(other):
        raise Refused("other_product", other_id, "one visit gives one product of one campaign")
    people = [person for person, _ in (*one.visit.needs, *other.visit.needs)]
    if len(people) > len(set(people)):
        raise Refused("once", other_id, "somebody is in both visits")
    together = frozenset((*one.visit.needs, *other.visit.needs))
    return Regroup((Part(visit_id, together, spot),), (visit_id, other_id))


def _gives(stop: StandingStop) -> tuple[str | None, str | None]:
    return stop.visit.campaign_id, stop.visit.product_id


def list_beside(actual: Actual, edit: Regroup) -> list[str]:
    """The other visits there with the same product, in order of their names."""
    _, first = find_stop(actual, edit.of[0])
    named = {*edit.of, *(part.visit_id for part in edit.parts)}
    place = (first.visit.location_id, *_gives(first))
    return sorted(
        visit.id
        for visit in actual.list_visits()
        if visit.id not in named
        and (visit.location_id, visit.campaign_id, visit.product_id) == place
    )


def list_regroupings(actual: Actual, edit: Regroup) -> list[Trial]:
    """The ways to make it: who stays where they are, and those who go in each place where they may. Raises Refused."""
    found = {name: find_stop(actual, name) for name in edit.of}
    source = found[edit.of[0]][1]
    stay = {
        part.visit_id: _to_stop(actual, found[part.visit_id][1], part)
        for part in edit.parts
        if part.visit_id in found and part.spot is None
    }
    rows: dict[str, list[StandingStop]] = {}
    for shift_id in dict.fromkeys(shift_id for shift_id, _ in found.values()):
        rows[shift_id] = _without(actual.standing[shift_id], found, stay)
    goes: dict[str, list[Part]] = {}
    home = found[edit.of[0]][0]
    for part in edit.parts:
        if part.visit_id not in stay:
            shift_id = part.spot.shift_id if part.spot else home
            open_shift(actual, shift_id)
            goes.setdefault(shift_id, []).append(part)
            rows.setdefault(shift_id, list(actual.standing.get(shift_id, ())))
    for visit_id, shift_id, start in edit.also:
        now, stop = find_stop(actual, visit_id)
        for name in (now, open_shift(actual, shift_id).id):
            known = rows.setdefault(name, list(actual.standing.get(name, ())))
            rows[name] = [row for row in known if row.fixed.visit_id != visit_id]
        seconds = length(actual.problem, stop, actual.shifts[shift_id])
        fixed = replace(stop.fixed, shift_id=shift_id, start=start, service_seconds=seconds)
        rows[shift_id].append(StandingStop(fixed, stop.visit))
        rows[shift_id].sort(key=lambda row: (row.fixed.start, row.fixed.visit_id))
    trials: list[Trial] = [{}]
    for shift_id, stops in rows.items():
        ways = list(_list_ways(actual, shift_id, stops, goes.get(shift_id, ()), (source, edit.of)))
        trials = [{**trial, shift_id: way} for trial in trials for way in ways]
    return trials


def _without(
    stops: Sequence[StandingStop], found: Mapping[str, object], stay: Mapping[str, StandingStop]
) -> list[StandingStop]:
    """The stops of a shift with those that stay as they become, and without those that leave it."""
    return [
        stay.get(row.fixed.visit_id, row)
        for row in stops
        if row.fixed.visit_id not in found or row.fixed.visit_id in stay
    ]


def _list_ways(
    actual: Actual,
    shift_id: str,
    stops: Sequence[StandingStop],
    parts: Sequence[Part],
    of: tuple[StandingStop, tuple[str, ...]],
) -> Iterator[list[WantedStop]]:
    """The orders in which a shift makes its stops and the parts that come to it, one behind the other."""
    source, names = of
    stands = [row for row in stops if row.fixed.visit_id in names]
    first = 1 + max((stops.index(row) for row in stands), default=len(stops) - 1)
    if not parts:
        yield still(actual, stops, until=first)  # who stays may take longer
        return
    spot = parts[0].spot
    places = list_gaps(stops, spot) if spot else [first]
    for k in places:
        row = still(actual, stops, until=k)
        yield [*row[:k], *_to_wanted(actual, shift_id, source, parts), *row[k:]]


def _to_wanted(
    actual: Actual, shift_id: str, source: StandingStop, parts: Sequence[Part]
) -> Iterator[WantedStop]:
    for n, part in enumerate(parts):
        stop = _to_stop(actual, source, part, shift_id)
        start = part.spot.start if part.spot and not n else None
        at = source.fixed.start if start is None else start
        fixed = replace(stop.fixed, start=at)
        yield WantedStop(fixed, stop.visit, exact=start is not None, free=start is None)


def _to_stop(
    actual: Actual, source: StandingStop, part: Part, shift_id: str | None = None
) -> StandingStop:
    """A part as a stop of a shift, as long as that crew needs for its people."""
    name = shift_id or source.fixed.shift_id
    visit = replace(
        with_doses(source.visit, part.doses, needs_by_key(actual.problem)), id=part.visit_id
    )
    fixed = replace(
        source.fixed,
        visit_id=part.visit_id,
        shift_id=name,
        person_ids=frozenset(person for person, _ in part.doses),
        doses=part.doses,
        dose_no=None,
        service_seconds=0,
    )
    stop = StandingStop(fixed, visit)
    seconds = length(actual.problem, stop, actual.shifts[name])
    return StandingStop(replace(fixed, service_seconds=seconds), visit)


def list_moves(actual: Actual, edit: Regroup) -> dict[str, tuple[str, str]]:
    """Of each visit that comes or goes: the visit whose people it takes most of, and the one that most of its people are in."""
    stops = {name: frozenset(find_stop(actual, name)[1].visit.needs) for name in edit.of}
    parts = {part.visit_id: part.doses for part in edit.parts}
    comes = {
        name: (max(stops, key=lambda one: (len(stops[one] & doses), one)), name)
        for name, doses in parts.items()
        if name not in stops
    }
    goes = {
        name: (name, max(parts, key=lambda one: (len(parts[one] & doses), one)))
        for name, doses in stops.items()
        if name not in parts
    }
    return comes | goes


def list_partners(actual: Actual, visit_id: str) -> list[tuple[str, StandingStop]]:
    """The other stops that a visit may be joined with: of its place and product, that may still be changed; in order of start."""
    _, stop = find_stop(actual, visit_id)
    place = (stop.visit.location_id, *_gives(stop))
    found = [
        (shift_id, row)
        for shift_id, rows in actual.standing.items()
        if shift_id not in actual.frozen_shifts
        for row in rows
        if row.visit.id != visit_id
        and row.visit.product_id is not None
        and (row.visit.location_id, *_gives(row)) == place
    ]
    return sorted(found, key=lambda one: (one[1].fixed.start, one[1].visit.id))
