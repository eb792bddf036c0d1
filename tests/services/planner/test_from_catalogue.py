"""From the catalogue that comes in to the plan: the interval of a product, and what nobody approved."""

from datetime import UTC, datetime

from events.identifiers import Payload
from events.organisations import PolicyChanged
from tests.builders import SmallRegion
from tests.conftest import Fresh
from tests.facts import UNAPPROVED, a_campaign, a_dose, a_product
from tests.services.accept.looking import live
from tests.services.planner.planning import newest_plan, plan_with, why_unserved

JANUARY = datetime(2021, 1, 25, 12, tzinfo=UTC)  # three weeks before the plan


def a_region(*said: Payload, people: int = 4) -> list[Payload]:
    return [*SmallRegion(people=people, locations=("wilg",)).all(), *said]


async def test_the_next_dose_waits_as_long_as_the_product_of_the_first_one_says(fresh: Fresh):
    """The campaign says 28 to 42 days, the catalogue 21 to 30 for this product; the first dose was 22 days ago."""
    own = a_product(min_days=21, ideal_days=21, max_days=30)
    said = a_region(own, a_dose("p0", given_at=JANUARY), people=1)

    await plan_with(fresh, said)

    problem, plan = await newest_plan(fresh)
    (need,) = problem.needs
    assert (need.first_day, need.last_day, need.ideal_day) == (0, 9, 0)
    assert [stop.visit.needs[0][1] for route in plan.routes for stop in route.stops] == [2]


async def test_a_product_without_an_interval_follows_the_campaign(fresh: Fresh):
    said = a_region(a_dose("p0", given_at=JANUARY), people=1)

    await plan_with(fresh, said)

    (need,) = (await newest_plan(fresh))[0].needs
    assert (need.first_day, need.last_day) == (7, 21)


async def test_a_product_that_nobody_approved_is_not_planned(fresh: Fresh):
    await plan_with(fresh, a_region(a_product(approval=UNAPPROVED)))

    assert await live(await fresh.open("acceptor")) == set()
    assert await why_unserved(fresh) == {"not_approved"}


async def test_a_campaign_that_nobody_approved_is_not_planned_until_somebody_does(fresh: Fresh):
    await plan_with(fresh, a_region(a_campaign(approval=UNAPPROVED)))
    assert await why_unserved(fresh) == {"not_approved"}

    await plan_with(fresh, [a_campaign()])

    assert len(await live(await fresh.open("acceptor"))) == 4


async def test_of_two_products_the_approved_one_is_given(fresh: Fresh):
    campaign = a_campaign(products=("pfizer", "moderna"))
    said = a_region(campaign, a_product("pfizer", approval=UNAPPROVED))

    await plan_with(fresh, said)

    _, plan = await newest_plan(fresh)
    assert {s.visit.product_id for route in plan.routes for s in route.stops} == {"moderna"}


async def test_an_exercise_plans_what_nobody_approved(fresh: Fresh):
    said = a_region(
        a_campaign(approval=UNAPPROVED),
        a_product(approval=UNAPPROVED),
        PolicyChanged(exercise=True),
    )

    await plan_with(fresh, said)

    assert len(await live(await fresh.open("acceptor"))) == 4
