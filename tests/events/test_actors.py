"""Who acted: what a system may say of it, and that it is no part of what makes an event a duplicate."""

import json
from uuid import UUID

import pytest

from events.codec import decode, encode
from events.envelope import HTTPS, Record, System
from tests.builders import a_record, changed
from tests.facts import a_team, uid

POST = uid("post")


def said(**attributes: object) -> Record:
    return changed(a_record(a_team(), "e-1"), **attributes)


def test_a_system_says_who_acted_and_for_whom():
    event = decode(said(actor="planner:7f3", actororg=str(POST)))

    assert (event.envelope.actor, event.envelope.actororg) == ("planner:7f3", POST)


def test_in_binary_mode_too():
    whole = json.loads(said().value or b"")
    headers = {
        f"ce_{name}": value.encode() for name, value in whole.items() if isinstance(value, str)
    }
    headers |= {"ce_actor": b"planner:7f3", "content-type": b"application/json"}
    record = Record(said().system, json.dumps(whole["data"]).encode(), headers)

    assert decode(record).envelope.actor == "planner:7f3"


@pytest.mark.parametrize(
    "actor", [None, "", "Jan de Vries", "jan@example.test", "999990019", "x" * 121, 7, ["a"]]
)
def test_what_may_be_a_name_or_a_number_of_a_person_is_not_kept_and_the_fact_is(actor: object):
    event = decode(said(actor=actor, actororg="no id"))

    assert (event.envelope.actor, event.envelope.actororg) == (None, None)


def test_who_acted_is_no_part_of_the_digest():
    assert decode(said(actor="one:a")).digest == decode(said(actor="two:b")).digest


def test_over_https_the_event_has_no_say_in_it():
    record = said(actor="one:a", actororg=str(POST))
    web = System(HTTPS, record.system.sender, record.system.sources, record.system.regions)
    inside = Record(web, record.value, {"actor": b"session:b"})

    assert decode(Record(web, record.value)).envelope.actor is None
    assert decode(inside).envelope.actor == "session:b"
    assert decode(inside).envelope.actororg is None


def test_both_leave_with_the_event_where_they_are_kept():
    event = decode(said(actor="one:a", actororg=str(POST)))

    whole = json.loads(encode(event.envelope, event.body)[0])

    assert whole["actor"] == "one:a"
    assert UUID(whole["actororg"]) == POST
