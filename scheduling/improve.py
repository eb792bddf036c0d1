"""Offers a better plan beside the published one: for a person to accept, and only where it gains more than it disturbs."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from scheduling.care.lookup import NeedKey
from scheduling.care.told import published_to_come
from scheduling.limits import Limits
from scheduling.objective import is_moved
from scheduling.plan import Plan, Way
from scheduling.problem import Problem, Published
from scheduling.solve import repair, vary


@dataclass(frozen=True, slots=True)
class OfferParams:
    """What a phone call must gain. A call is some ten minutes of two people, and a home changes its roster for it."""

    # One person more is a life that the campaign is for: three calls take as long as the dose with its travel.
    calls_for_a_person: int = 3
    # A dose saved is a dose for somebody later, who may have another chance: one call, and no more.
    calls_for_a_dose: int = 1
    # Team time is paid: twenty minutes of a crew of two are twice what a call takes, so that a day's noise moves nobody.
    minutes_for_a_call: int = 20


OFFER = OfferParams()


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan beside the published one, with what it gains and whom it disturbs."""

    plan: Plan
    people_more: int  # served
    doses_saved: int  # opened and given to nobody
    minutes_saved: int  # of work
    calls: int  # published visits of which people must be told another place
    why: str = ""  # "people", "doses" or "minutes": by which part of the rule it is worth its calls; else empty

    @property
    def is_worth(self) -> bool:
        """Whether it gains more than it disturbs."""
        return bool(self.why)


def improve(
    problem: Problem,
    limits: Limits,
    *,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    terms: OfferParams = OFFER,
) -> Offer:
    """Searches a better plan that keeps what people were told; what was published to nobody yet may move.

    The rule: it never serves less. It is worth its calls when it serves a person more for at most three calls each; or
    else serves as many and saves a dose for each call; or else saves neither and twenty minutes of work for each call.
    Raises as `solve`.
    """
    now = repair(problem, Limits(0), seed=seed, stop=stop)
    # not by `solve`: its order of values would let nobody be called for minutes, which is for the rule to say
    found = vary(problem, limits, now, seed=seed, stop=stop)
    plan = replace(found, made=found.made and replace(found.made, way=Way.IMPROVE))
    offer = Offer(
        plan=plan,
        people_more=_count_people(plan) - _count_people(now),
        doses_saved=now.values.doses_wasted - plan.values.doses_wasted,
        minutes_saved=(now.values.working_seconds - plan.values.working_seconds) // 60,
        calls=count_calls(problem, now, plan),
    )
    return judge(offer, now, terms)


def judge(offer: Offer, now: Plan, terms: OfferParams) -> Offer:
    """The offer with the part of the rule by which it is worth its calls, beside the plan of now."""
    lost = offer.plan.values.unserved_weight - now.values.unserved_weight
    calls = max(1, offer.calls)  # a plan that disturbs nobody must gain something too
    why = ""
    if lost < 0 < offer.people_more and calls <= offer.people_more * terms.calls_for_a_person:
        why = "people"
    elif lost <= 0 and offer.people_more >= 0:
        if offer.doses_saved > 0 and calls <= offer.doses_saved * terms.calls_for_a_dose:
            why = "doses"
        elif offer.doses_saved >= 0 and offer.minutes_saved >= calls * terms.minutes_for_a_call:
            why = "minutes"
    return Offer(
        offer.plan, offer.people_more, offer.doses_saved, offer.minutes_saved, offer.calls, why
    )


def count_calls(problem: Problem, now: Plan, plan: Plan) -> int:
    """Counts published visits of whose people somebody goes elsewhere, at another time, or nowhere."""
    before, after = _places(now), _places(plan)
    return sum(_is_changed(row, before, after) for row in published_to_come(problem))


Place = tuple[str, int]  # shift and start


def _places(plan: Plan) -> dict[NeedKey, Place]:
    """Where and when every dose is given; a crisis visit stands under its own id."""
    found: dict[NeedKey, Place] = {}
    for route in plan.routes:
        for stop in route.stops:
            place = (route.shift_id, stop.start)
            found[stop.visit.id, "", 0] = place
            for person, dose in stop.visit.needs:
                found[person, stop.visit.campaign_id or "", dose] = place
    return found


def _is_changed(row: Published, before: dict[NeedKey, Place], after: dict[NeedKey, Place]) -> bool:
    keys = [(person, row.campaign_id or "", dose) for person, dose in row.doses]
    for key in keys or [(row.visit_id, "", 0)]:
        if key in before:
            was = Published(row.visit_id, *before[key])
            if key not in after or is_moved(was, *after[key]):
                return True
    return False


def _count_people(plan: Plan) -> int:
    return len(
        {person for route in plan.routes for stop in route.stops for person, _ in stop.visit.needs}
    )
