"""What leaves: no more than other systems should see, on the topic of its kind, under the key of its region, in order."""

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from events.catalogue import CATALOGUE, OUTWARD_TOPICS, RegionFrom
from infra.kafka.topics import make_topics
from tests.builders import SmallRegion, a_plan, say
from tests.conftest import Fresh
from tests.facts import a_dose, an_assignment, not_given
from tests.flow.processes import children, environment, until
from tests.infra.kafka.broker import everything_on
from tests.services.accept.looking import rows

ABOUT_A_PERSON = {
    "bsn", "name", "given_name", "family_name", "birth_year", "birth_date", "postcode", "house_number", "phone", "needs",
    "indication", "status", "given_by", "judgement", "symptoms", "note", "text", "contact", "address", "member_id", "crew",
}  # fmt: skip
MAY_NAME_A_PERSON = {
    "visit.assigned.v1",
    "visit.unassigned.v1",
    "dose.administered.v1",
    "dose.corrected.v1",
    "dose.not_given.v1",
    "dose.retracted.v1",
    "stop.offered.v1",
}
OUTWARD = [entry for entry in CATALOGUE.values() if entry.outward is not None]


def fields_of(payload: type[BaseModel]) -> set[str]:
    """Names of the fields of a payload and of all within it."""
    schema = payload.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return {name for part in parts for name in part.get("properties", {})}


@pytest.mark.parametrize("name", [entry.name for entry in OUTWARD])
def test_nothing_that_leaves_says_more_of_a_person_than_a_pseudonym(name: str):
    found = fields_of(CATALOGUE[name].payload)

    assert not found & ABOUT_A_PERSON
    assert ("person_id" in found) is (name in MAY_NAME_A_PERSON)


@pytest.mark.parametrize("name", [entry.name for entry in OUTWARD])
def test_what_leaves_is_of_one_region_and_goes_to_a_topic_that_exists(name: str):
    assert CATALOGUE[name].outward in OUTWARD_TOPICS
    assert CATALOGUE[name].region_from is not RegionFrom.NATIONAL


@pytest.mark.kafka
async def test_what_is_accepted_reaches_a_consumer_in_order_by_two_processes(
    fresh: Fresh, kafka, tmp_path: Path
):
    settings = fresh.settings(kafka).kafka
    await make_topics(settings, [], OUTWARD_TOPICS)
    door = await fresh.open("acceptor")
    told = environment(fresh, kafka, PROGRESS_SECONDS="0.5")

    async def arrived() -> dict[str, list[str]]:
        ours = {one for (one,) in await rows(door, "SELECT id FROM ledger")}
        found: dict[str, list[str]] = {}
        for record in await everything_on(settings, OUTWARD_TOPICS):
            event = json.loads(record.value)
            if event["id"] in ours:
                assert record.key == b"GG2514" == event["partitionkey"].encode()
                assert dict(record.headers)["ce_type"].decode() == event["type"]
                found.setdefault(record.topic, []).append(event["id"])
        return found

    async with children(told, tmp_path, "relay", "courier"):
        await say(door, *SmallRegion(people=8).all())
        await say(door, a_plan("one", (0, 0), an_assignment("v1", ["p0", "p2"], 9)))
        await say(door, *(a_dose(f"p{n}") for n in (0, 2)))
        await say(door, not_given("p4"))

        async def all_is_there() -> bool:
            return (
                set(await arrived()) == set(OUTWARD_TOPICS) and await written() == await arrived()
            )

        async def written() -> dict[str, list[str]]:
            lines = await rows(door, "SELECT type, id FROM ledger ORDER BY region, seq")
            found: dict[str, list[str]] = {}
            for kind, one in lines:
                if (topic := CATALOGUE[kind].outward) is not None:
                    found.setdefault(topic, []).append(one)
            return found

        await until(all_is_there, 60, every=0.5)
