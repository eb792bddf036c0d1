"""Who is visited together by hand: the visits as they stand with what planners split and joined since."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from events.identifiers import PlanId
from events.plans import PlannedPerson, VisitAssigned
from events.teams import StopGrouped
from infra.postgres.snapshot.rows import VisitRow
from scheduling.problem import Grouped

Newcomers = dict[UUID, list[tuple[PlannedPerson, VisitRow]]]  # by the visit that they go to


def regroup(published: Sequence[VisitRow], said: Sequence[StopGrouped]) -> tuple[VisitRow, ...]:
    """The published visits with their people moved as planners said, of which the newest word is the last.

    Only who has an appointment moves, and only to another visit with the same product at the same place; a visit that
    has begun gives and gets nobody. A visit without anybody left is none.
    """
    if not said:
        return tuple(published)
    begun = {row.facts.visit_id for row in published if row.is_started or row.is_completed}
    goes = {
        (one.campaign_id, person): one
        for one in said
        if one.visit_id not in begun
        for person in one.persons
    }
    comes: Newcomers = defaultdict(list)
    stays: dict[UUID, VisitRow] = {}
    for row in published:
        facts = row.facts
        if facts.campaign_id is None or facts.visit_id in begun:
            stays[facts.visit_id] = row
            continue
        kept: list[PlannedPerson] = []
        for person in facts.persons:
            to = goes.get((facts.campaign_id, person))
            if to is None or to.visit_id == facts.visit_id or not _fits(to, facts):
                kept.append(person)
            else:
                comes[to.visit_id].append((person, row))
        if kept or not facts.persons:
            stays[facts.visit_id] = _with_people(row, tuple(kept))
    word: dict[UUID, StopGrouped] = {one.visit_id: one for one in said}
    for visit, people in comes.items():
        stays[visit] = _join(stays.get(visit), people, word[visit])
    changed = {visit for visit in stays if visit in word and _is_changed(stays[visit], published)}
    return tuple(
        _with_length(stays[visit], word[visit]) if visit in changed else stays[visit]
        for visit in sorted(stays)
    )


def _fits(to: StopGrouped, facts: VisitAssigned) -> bool:
    return (to.location_id, to.product_id) == (facts.location_id, facts.product_id)


def _with_people(row: VisitRow, people: tuple[PlannedPerson, ...]) -> VisitRow:
    if people == row.facts.persons:
        return row
    return replace(row, facts=row.facts.model_copy(update={"persons": people}))


def _join(
    row: VisitRow | None, people: Sequence[tuple[PlannedPerson, VisitRow]], word: StopGrouped
) -> VisitRow:
    """A visit with the people who come to it; one that is new stands where the planner was shown it."""
    _, source = people[0]
    if row is None:
        facts = VisitAssigned(
            visit_id=word.visit_id,
            plan_id=PlanId(source.facts.plan_id),
            location_id=word.location_id,
            team_id=word.team_id,
            shift_id=word.shift_id,
            campaign_id=word.campaign_id,
            product_id=word.product_id,
            starts_at=word.starts_at,
            ends_at=word.ends_at,
            persons=(),
        )
        row = VisitRow(facts, is_started=False, is_completed=False, is_told=source.is_told)
    together = {*row.facts.persons, *(person for person, _ in people)}
    return _with_people(
        row, tuple(sorted(together, key=lambda one: (str(one.person_id), one.dose_no)))
    )


def _is_changed(row: VisitRow, published: Sequence[VisitRow]) -> bool:
    return all(
        row.facts.persons != one.facts.persons
        for one in published
        if one.facts.visit_id == row.facts.visit_id
    )


def _with_length(row: VisitRow, word: StopGrouped) -> VisitRow:
    """The visit as long as the planner was shown it, wherever it stands."""
    ends_at = row.facts.starts_at + (word.ends_at - word.starts_at)
    return replace(row, facts=row.facts.model_copy(update={"ends_at": ends_at}))


def to_grouped(
    said: Iterable[StopGrouped], wanted: Collection[tuple[str, str, int]]
) -> tuple[Grouped, ...]:
    """The groups that hold, as far as somebody of them waits for the dose; of one dose the newest word counts."""
    found: dict[str, Grouped] = {}
    taken: dict[tuple[str, str, int], str] = {}
    for one in said:
        for person in one.persons:
            taken[str(one.campaign_id), str(person.person_id), person.dose_no] = str(one.visit_id)
    for one in said:
        campaign, visit = str(one.campaign_id), str(one.visit_id)
        doses = tuple(
            sorted(
                (str(person.person_id), person.dose_no)
                for person in one.persons
                if taken[campaign, str(person.person_id), person.dose_no] == visit
                and (str(person.person_id), campaign, person.dose_no) in wanted
            )
        )
        if one.holds and doses:
            found[visit] = Grouped(
                visit,
                str(one.location_id),
                campaign,
                one.product_id,
                doses,
                one.most,
                tuple(sorted(str(other) for other in one.beside)),
            )
    return tuple(found[visit] for visit in sorted(found))
