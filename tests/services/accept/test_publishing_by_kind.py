"""The policy says which changes of a plan are published without a person."""

import pytest

from events.organisations import PolicyChanged
from events.plans import PlanOffer
from tests.builders import a_plan, say
from tests.facts import an_assignment, uid
from tests.services.accept.looking import live, rows

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    ("policy", "out"),
    [
        ({"auto_time_minutes": 120}, True),
        ({"auto_time_minutes": 119}, False),
        ({"auto_new": False}, True),
        ({"auto_day": False, "publish_automatically": False}, False),
    ],
)
async def test_a_plan_is_published_automatically_when_each_of_its_changes_may_be(
    fresh, policy, out
):
    door = await fresh.open("acceptor")
    await say(door, a_plan("one", (0, 0), an_assignment("v1")))
    await say(door, PolicyChanged(**policy))

    await say(door, a_plan("two", (9, 9), an_assignment("v1", hour=11)))

    assert (
        await rows(door, "SELECT published_seq > 0 FROM plans WHERE plan = $1", uid("two"))
    ) == [(out,)]


@pytest.mark.parametrize("by_itself", [True, False])
async def test_an_offer_is_published_without_a_person_only_where_the_policy_says_so(
    fresh, by_itself
):
    door = await fresh.open("acceptor")
    await say(door, PolicyChanged(auto_offers=by_itself))
    offer = PlanOffer(people_more=1, doses_saved=0, minutes_saved=0, calls=0)

    await say(door, a_plan("one", (9, 9), an_assignment("v1"), offer=offer))

    assert bool(await live(door)) is by_itself
