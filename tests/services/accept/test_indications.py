"""Whoever registers: a reason that is an age fits the year of birth."""

import pytest

from tests.builders import say
from tests.facts import a_campaign, a_patient, uid

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"birth_year": 2002, "indication": "age_80"}, ("indication", "birth_year")),
        ({"birth_year": 1932, "indication": "age_90"}, ("indication", "birth_year")),
        ({"birth_year": 1941, "indication": "age_80"}, ()),
        ({"birth_year": 2002, "indication": "medical"}, ()),
        ({"birth_year": 2002, "indication": "age_80", "campaign_id": uid("unknown")}, ()),
    ],
)
async def test_nobody_is_registered_for_an_age_that_they_cannot_have(fresh, changes, fields):
    """By the year in which the campaign begins; a campaign that is not known yet judges nobody."""
    door = await fresh.open("acceptor")
    await say(door, a_campaign())

    (outcome,) = await say(door, a_patient(**changes))

    assert outcome.fields == fields
