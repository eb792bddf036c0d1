"""The register hears by name of those who agreed, and of nobody else."""

import pytest

from events.practice import ConsentStatus
from tests.services.courier.returning_world import Listener, Loop

pytestmark = pytest.mark.postgres


async def test_the_register_hears_only_of_those_who_agreed(loop: Loop, listener: Listener):
    anna, bram, cor = await loop.register("Anna", "Bram", "Cor")
    await loop.address(listener.url, "register", None)
    await loop.opt_in(anna)
    await loop.opt_in(cor, status=ConsentStatus.REFUSED)
    for one in (anna, bram, cor):
        await loop.give(one)

    await loop.turn()

    (bundle,) = listener.got.values()
    assert bundle["entry"][1]["resource"]["identifier"][0]["value"] == "111222333"
    assert await loop.states("register") == [("given", "acknowledged")]


async def test_the_register_hears_it_when_somebody_agrees_later_and_takes_it_back_when_they_change_their_mind(
    loop: Loop, listener: Listener
):
    (anna,) = await loop.register("Anna")
    await loop.address(listener.url, "register", None)
    await loop.give(anna)
    await loop.turn()
    before = await loop.states("register")

    await loop.opt_in(anna)
    await loop.turn()
    agreed = await loop.states("register")
    await loop.opt_in(anna, status=ConsentStatus.WITHDRAWN)
    await loop.turn()

    assert (before, agreed) == ([], [("given", "acknowledged")])
    assert await loop.states("register") == [("given", "corrected"), ("retracted", "acknowledged")]
