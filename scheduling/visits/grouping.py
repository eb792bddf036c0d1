"""Groups residents into visits: who is visited together, with which product, split into how many visits.

Ids are derived from location, campaign, product, doses and part, so that a replanning finds the same visits and a
published stop keeps its id.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from uuid import UUID, uuid5

from scheduling.care.eligibility import OpenDays, barriers
from scheduling.care.lookup import NeedKey, by_id, day_of, key_of, needs_by_key
from scheduling.care.told import told_to_come
from scheduling.plan import Visit
from scheduling.problem import CrisisVisit, Fixed, Need, Problem, Published
from scheduling.visits.by_hand import visits_by_hand
from scheduling.visits.splitting import LargestVisit, sizes

NAMESPACE = UUID("3f0c6f0e-5a1e-5d0b-9a51-6d1f5c8a2b17")
ENOUGH_DAYS = 3  # open days that residents must have in common to share a visit


def visit_id(location_id: str, campaign_id: str, product_id: str, doses: str, part: int) -> str:
    """Derives the id of a visit, the same in every plan; `doses` is "1", "1+2" or "2 after ID"."""
    name = "\n".join((location_id, campaign_id, product_id, doses, str(part)))
    return str(uuid5(NAMESPACE, name))


def group(problem: Problem) -> tuple[Visit, ...]:
    """Makes all visits that a plan of this problem may contain, pinned, frozen and crisis visits included.

    Everybody who may be planned is in exactly one visit. Who was told of a visit together stays together, and so
    does whom a planner put together. The order of rows makes no difference.
    """
    open_needs = list_open_needs(problem)
    stand = [visit_of(problem, row, open_needs) for row in problem.fixed]
    for visit in stand:
        _take(visit, open_needs)
    held = {visit.id for visit in stand}
    for row in sorted(told_to_come(problem), key=lambda row: (row.start, row.visit_id)):
        visit = _told_visit(problem, row, open_needs)
        if visit.needs and visit.id not in held:
            _take(visit, open_needs)
            stand.append(visit)
    for visit in visits_by_hand(problem, open_needs, {visit.id for visit in stand}):
        _take(visit, open_needs)
        stand.append(visit)
    return tuple(
        sorted(
            (*stand, *_crisis_visits(problem), *_Grouping(problem, stand).visits(open_needs)),
            key=lambda visit: visit.id,
        )
    )


def list_open_needs(problem: Problem) -> dict[NeedKey, Need]:
    """Lists the needs that a plan may serve, with the products that are approved."""
    barred = barriers(problem)
    unapproved = {row.id for row in problem.products if not row.approved}
    return {
        key: _without(need, unapproved)
        for key, need in needs_by_key(problem).items()
        if key not in barred
    }


def _take(visit: Visit, open_needs: dict[NeedKey, Need]) -> None:
    for person, dose in visit.needs:
        del open_needs[person, visit.campaign_id or "", dose]


def _without(need: Need, products: set[str]) -> Need:
    """The same need for the other products only."""
    if products.isdisjoint(need.products):
        return need
    return replace(need, products=tuple(one for one in need.products if one not in products))


def visit_of(problem: Problem, row: Fixed, open_needs: Mapping[NeedKey, Need]) -> Visit:
    """A fixed stop as a visit to those of its residents who may still be served; the stop stays, even without any."""
    day = day_of(problem, row.start)
    crisis = by_id(problem.crisis_visits).get(row.visit_id)
    if row.campaign_id is None:
        skills = crisis.skills if crisis else frozenset[str]()
        priority = crisis.priority if crisis else 0
        return Visit(row.visit_id, row.location_id, None, None, (), day, day, priority, skills)
    due: dict[str, Need] = {}
    for need in _possible(row, open_needs):
        if (
            need.person_id in row.person_ids
            and need.campaign_id == row.campaign_id
            and need.location_id == row.location_id
            and row.dose_no in (None, need.dose_no)
            and row.product_id in need.products
            and need.first_day <= day <= need.last_day
        ):
            due.setdefault(need.person_id, need)
    needs = list(due.values())
    return Visit(
        id=row.visit_id,
        location_id=row.location_id,
        campaign_id=row.campaign_id,
        product_id=row.product_id,
        needs=tuple(sorted((need.person_id, need.dose_no) for need in needs)),
        first_day=day,
        last_day=day,
        priority=max((need.priority for need in needs), default=0),
        skills=frozenset[str]().union(*(need.skills for need in needs)),
    )


def _possible(row: Fixed, open_needs: Mapping[NeedKey, Need]) -> list[Need]:
    """The needs that a fixed stop may serve: of its doses where they are known, else all of its people."""
    if row.doses is None:
        theirs = (need for need in open_needs.values() if need.person_id in row.person_ids)
        return sorted(theirs, key=key_of)
    keys = [(person, row.campaign_id or "", dose) for person, dose in sorted(row.doses)]
    return [open_needs[key] for key in keys if key in open_needs]


def to_fixed(row: Published, why: str) -> Fixed:
    """A published visit as a stop that stays where and when it was published."""
    return Fixed(
        visit_id=row.visit_id,
        shift_id=row.shift_id,
        start=row.start,
        person_ids=frozenset(person for person, _ in row.doses),
        why=why,
        location_id=row.location_id or "",
        campaign_id=row.campaign_id,
        product_id=row.product_id,
        service_seconds=row.service_seconds,
        doses=frozenset(row.doses),
    )


def _told_visit(problem: Problem, row: Published, open_needs: Mapping[NeedKey, Need]) -> Visit:
    """A visit of which people were told: the same residents, on any day on which all of them are due."""
    visit = visit_of(problem, to_fixed(row, "told"), open_needs)
    needs = [open_needs[person, visit.campaign_id or "", dose] for person, dose in visit.needs]
    return replace(
        visit,
        first_day=max((need.first_day for need in needs), default=visit.first_day),
        last_day=min((need.last_day for need in needs), default=visit.last_day),
    )


def _crisis_visits(problem: Problem) -> Iterator[Visit]:
    fixed = {row.visit_id for row in problem.fixed}
    for crisis in problem.crisis_visits:
        if crisis.id not in fixed:
            yield of_crisis(problem, crisis)


def of_crisis(problem: Problem, crisis: CrisisVisit) -> Visit:
    """Makes the visit of a crisis visit: no residents, no product."""
    first, last = day_of(problem, crisis.first_second), day_of(problem, crisis.last_second)
    return Visit(
        id=crisis.id,
        location_id=crisis.location_id,
        campaign_id=None,
        product_id=None,
        needs=(),
        first_day=first,
        last_day=last,
        priority=crisis.priority,
        skills=crisis.skills,
    )


class _Grouping:
    """Groups the needs of one problem."""

    def __init__(self, problem: Problem, fixed: list[Visit]) -> None:
        self.problem = problem
        self.taken = {visit.id for visit in fixed} | problem.done_visits
        self.published = {row.visit_id for row in problem.published}
        self.shared = _shared(max((need.dose_no for need in problem.needs), default=1))
        self.days = OpenDays(problem)
        self.largest = LargestVisit(problem)
        self.doses_by_product: dict[str, int] = {}
        for line in problem.stock:
            if line.last_day >= self.days.today and line.first_day < problem.days:
                held = self.doses_by_product.get(line.product_id, 0)
                self.doses_by_product[line.product_id] = held + line.doses
        self.scarce = scarce(problem, self.doses_by_product)
        self.visit_of: dict[NeedKey, str] = {
            (person, visit.campaign_id or "", dose): visit.id
            for visit in fixed
            for person, dose in visit.needs
        }
        self.product_of = {
            (person, visit.campaign_id or ""): visit.product_id or ""
            for visit in fixed
            for person, dose in visit.needs
        }

    def visits(self, open_needs: Mapping[NeedKey, Need]) -> Iterator[Visit]:
        """Visits by depth in the series: a next dose is grouped by the visit of the dose before it."""
        waves: dict[int, list[Need]] = {}
        for key in sorted(open_needs):
            waves.setdefault(_depth(open_needs[key], open_needs), []).append(open_needs[key])
        for depth in sorted(waves):
            for row in _grouped(waves[depth], self._group_of):
                yield from self._clusters(row)

    def _group_of(self, need: Need) -> tuple[str, ...]:
        after = ""
        if need.since_dose is not None:
            after = self.visit_of[need.person_id, need.campaign_id, need.since_dose]
        product = self._product(need)
        self.product_of[need.person_id, need.campaign_id] = product
        begun = str(need.dose_no) if product in self.scarce else ""
        return (
            need.location_id,
            need.campaign_id,
            product,
            after,
            f"{begun} {' '.join(sorted(need.skills))}",
        )

    def _product(self, need: Need) -> str:
        """Chooses the product of a need: the one its series began with, else one that was published, else one of which a lot can be used when the dose is due, the one most in stock."""
        begun = self.product_of.get((need.person_id, need.campaign_id))
        if begun is not None:
            return begun
        if len(need.products) == 1:
            return need.products[0]
        return min(
            need.products,
            key=lambda product: (
                not self._was_published(need, product),
                not self._has_lot(need, product),
                -self.doses_by_product.get(product, 0),
                product,
            ),
        )

    def _has_lot(self, need: Need, product: str) -> bool:
        """Whether some lot can be used on a day on which the dose is due."""
        return any(
            line.doses and line.first_day <= need.last_day and line.last_day >= need.first_day
            for line in self.problem.stock
            if line.product_id == product
        )

    def _was_published(self, need: Need, product: str) -> bool:
        """Whether a published visit gives this dose with the product, alone or with others of the series."""
        place = (need.location_id, need.campaign_id, product)
        doses = [str(need.dose_no), *self.shared[need.dose_no]]
        return any(visit_id(*place, label, 0) in self.published for label in doses)

    def _clusters(self, needs: list[Need]) -> Iterator[Visit]:
        """Clusters needs: the earliest last day first, with everybody who has enough open days in common with it."""
        rest = sorted(needs, key=lambda need: (need.last_day, need.first_day, key_of(need)))
        while rest:
            cluster, first, last = self._gather(rest)
            chosen = {key_of(need) for need in cluster}
            rest = [need for need in rest if key_of(need) not in chosen]
            yield from self._split(cluster, first, last)

    def _gather(self, rest: list[Need]) -> tuple[list[Need], int, int]:
        seed = rest[0]
        first, last = seed.first_day, seed.last_day
        enough = min(ENOUGH_DAYS, self.days.between(seed.location_id, first, last))
        cluster = [seed]
        for need in sorted(rest[1:], key=lambda need: (need.first_day, key_of(need))):
            start = max(first, need.first_day)
            if self.days.between(seed.location_id, start, last) >= enough:
                cluster.append(need)
                first = start
        return cluster, first, last

    def _split(self, cluster: list[Need], first: int, last: int) -> Iterator[Visit]:
        location, campaign, product, after, _ = self._group_of(cluster[0])
        doses = "+".join(str(dose) for dose in sorted({need.dose_no for need in cluster}))
        label = f"{doses} after {after}" if after else doses
        ordered = sorted(cluster, key=key_of)
        largest = self.largest.of(ordered, product, first, last)
        pairs = not after and self._is_large(ordered, product, first, last)
        container = self.largest.container(product)
        parts = sizes(len(ordered), largest, container, in_pairs=pairs)
        ids = self._new_ids((location, campaign, product, label), len(parts))
        for k, (size, name) in enumerate(zip(parts, ids, strict=True)):
            members, ordered = ordered[:size], ordered[size:]
            for need in members:
                self.visit_of[key_of(need)] = name
            yield Visit(
                id=name,
                location_id=location,
                campaign_id=campaign,
                product_id=product,
                needs=tuple(sorted((need.person_id, need.dose_no) for need in members)),
                first_day=first,
                last_day=last,
                priority=max(need.priority for need in members),
                skills=members[0].skills,
                together_with=ids[k ^ 1] if pairs and len(ids) > k ^ 1 else None,
            )

    def _is_large(self, needs: list[Need], product: str, first: int, last: int) -> bool:
        """Whether the visit is large enough for two teams at the same moment, and two teams may come."""
        enough = self.problem.together_from
        if enough is None or len(needs) < enough:
            return False
        return self.largest.may_come_together(needs[0], product, first, last)

    def _new_ids(self, of: tuple[str, str, str, str], count: int) -> list[str]:
        """Derives the first ids that no pinned or frozen stop has taken."""
        found: list[str] = []
        part = 0
        while len(found) < count:
            name = visit_id(*of, part)
            if name not in self.taken:
                self.taken.add(name)
                found.append(name)
            part += 1
        return found


def scarce(problem: Problem, held: Mapping[str, int]) -> frozenset[str]:
    """Products of which less is in stock than the needs may take.

    Of those, people who have begun a series get visits of their own: grouped with people whose next dose cannot be
    secured, all of them would be unserved.
    """
    wanted = Counter(problem.reserved)
    reserving = {campaign.id: campaign for campaign in problem.campaigns}
    containers = {product.id: product.doses_per_container for product in problem.products}
    people_at = Counter(
        (need.location_id, need.dose_no, need.campaign_id, need.products[0])
        for need in problem.needs
    )
    for (_, dose_no, campaign_id, product), people in people_at.items():
        campaign = reserving[campaign_id]
        size = containers.get(product, 1)
        doses = -(-people // size) * size
        keeps = campaign.reserve_next_dose and dose_no < campaign.doses
        wanted[product] += 2 * doses if keeps else doses
    return frozenset(name for name, doses in wanted.items() if doses > held.get(name, 0))


def _shared(last: int) -> dict[int, list[str]]:
    """For each dose, the labels of consecutive doses that share one visit and hold it, such as "1+2"."""
    runs = [range(a, b + 1) for a in range(1, min(last, 4)) for b in range(a + 1, min(last, 4) + 1)]
    return {
        dose: ["+".join(map(str, run)) for run in runs if dose in run]
        for dose in range(1, last + 1)
    }


def _depth(need: Need, needs: Mapping[NeedKey, Need]) -> int:
    """Counts the doses of the same series that come before this one in the problem."""
    depth = 0
    while need.since_dose is not None:
        before = needs.get((need.person_id, need.campaign_id, need.since_dose))
        depth += 1
        if before is None:
            break
        need = before
    return depth


def _grouped(
    needs: Iterable[Need], group_of: Callable[[Need], tuple[str, ...]]
) -> Iterator[list[Need]]:
    rows: dict[tuple[str, ...], list[Need]] = {}
    for need in needs:
        rows.setdefault(group_of(need), []).append(need)
    for name in sorted(rows):
        yield rows[name]
