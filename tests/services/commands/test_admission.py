"""Connecting a system: its topic is of its kind, and it speaks for its own organisations only."""

import asyncio
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from events.codec import decode
from events.envelope import Sender, System
from events.errors import Refusal, RejectedEvent
from events.identifiers import NATIONAL
from infra.errors import NotConfigured
from services.commands.admission import check_system, refuse_taken
from services.commands.connecting import exercise_systems, import_systems, read_connected
from services.sending import make_event, to_record
from tests.builders import REGION, a_record, changed
from tests.facts import a_consent, a_patient, uid
from tests.flow.processes import environment
from tests.infra.kafka.broker import a_topic

OIN = "urn:nld:oin:00000001823288444000"
NORTH, SOUTH = (f"urn:nld:prikploeg:practice:{uid(f'practice {name}')}" for name in ("n", "s"))


def a_system(*sources: str, topic: str = "in.practice.his.v1", sender: str = "practice") -> System:
    return System(topic, Sender(sender), sources, frozenset({REGION}))


def connect(*words: str) -> tuple[int, str]:
    """The command as it is typed, where no server answers: what it refuses needs none."""
    done = subprocess.run(
        [sys.executable, "-m", "services", "connect", *words, "--region", REGION],
        capture_output=True,
        text=True,
        check=False,
        env={"DATABASE_URL": "postgresql://127.0.0.1:1/none"},
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("topic", "sender"),
    [
        ("in.practice.his.v1", "team"),
        ("in.ggd.core.v1", "operator"),
        ("in.practise.his.v1", "practice"),
        ("in.practice.v1", "practice"),
        ("in.practice.his", "practice"),
        ("out.plan.v1", "practice"),
        ("in.system.core.v1", "system"),
        ("in.practice.HIS.v1", "practice"),
    ],
)
def test_a_topic_is_connected_for_its_own_kind_of_sender_only(topic: str, sender: str):
    with pytest.raises(NotConfigured, match=r"^topic"):
        check_system(a_system(OIN, topic=topic, sender=sender), exercise=True)


@pytest.mark.parametrize(
    "source",
    [
        "urn:nld:prikploeg:practice:",
        "urn:nld:prikploeg:practice:5",
        f"{NORTH[:-1]}",
        "urn:nld:prikploeg:practice:GG25",
    ],
)
def test_the_voice_of_every_practice_is_given_for_an_exercise_only(source: str):
    with pytest.raises(NotConfigured, match=r"^source: .*--exercise"):
        check_system(a_system(source))

    check_system(a_system(source), exercise=True)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "urn:",
        "urn:nld:",
        "urn:nld:prikploeg:",
        "urn:nld:prikploeg:system",
        "urn:nld:prikploeg:team:",
        "urn:nld:prikploeg:hap:north",
        "urn:nld:oin:",
        "urn:nld:kvknr:",
        "urn:x:999990019",
        "urn:nld:prikploeg:practice:A. Jansen",
    ],
)
def test_the_voice_of_another_kind_of_sender_is_never_given(source: str):
    for exercise in (False, True):
        with pytest.raises(NotConfigured, match=r"^source"):
            check_system(a_system(source), exercise=exercise)


@pytest.mark.parametrize(
    "sources",
    [
        (NORTH,),
        (NORTH, SOUTH, f"{OIN}:systeem:his"),
        ("urn:nld:prikploeg:practice:his-north",),
        ("urn:nld:kvknr:09220932.his",),
        ("urn:nld:hap-noord:",),
    ],
)
def test_a_system_gets_the_sources_of_its_own_organisations(sources: tuple[str, ...]):
    check_system(a_system(*sources))


def test_the_systems_of_an_exercise_are_let_through_as_such():
    for system in exercise_systems(REGION):
        check_system(system, exercise=True)


def test_the_command_refuses_before_it_looks_for_a_server():
    source = "urn:nld:prikploeg:practice:"

    other = connect("in.practice.his.v1", "--sender", "team", "--source", NORTH)
    every = connect(
        "in.practice.his.v1", "--sender", "practice", "--source", NORTH, "--source", source
    )
    nobody = connect("in.practice.his.v1", "--sender", "doctor", "--source", NORTH)

    assert other[0] == 2
    assert "topic: in.practice.his.v1 is for systems of a practice, not of a team" in other[1]
    assert every[0] == 2
    assert "--exercise" in every[1]
    assert nobody[0] == 2
    assert "--sender" in nobody[1]


def of(system: System, source: str) -> Refusal | None:
    record = changed(replace(a_record(a_patient()), system=system), source=source)
    try:
        decode(record)
    except RejectedEvent as error:
        return error.reason
    return None


def test_the_topics_of_the_import_have_its_voice_and_no_practices_own():
    systems = {system.sender: system for system in import_systems(REGION, {})}
    own = make_event(Sender.PRACTICE, REGION, a_consent(), "import")

    for system in systems.values():
        check_system(system)
    assert of(systems[Sender.PRACTICE], own.envelope.source) is None
    assert of(systems[Sender.PRACTICE], NORTH) is Refusal.SOURCE_NOT_ALLOWED
    assert to_record(own).topic == systems[Sender.PRACTICE].topic


def test_starting_again_keeps_what_was_connected_beside_and_takes_back_the_voice_of_all():
    before = a_system("urn:nld:prikploeg:practice:", NORTH)
    known = {"in.practice.his.v1": replace(before, regions=frozenset({"GG0111"}))}

    found = {system.topic: system for system in import_systems(REGION, known)}["in.practice.his.v1"]

    assert found.sources == ("urn:nld:prikploeg:practice:import", NORTH)
    assert found.regions == {REGION, "GG0111", NATIONAL}


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (NORTH, NORTH),
        (OIN, f"{OIN}:systeem:his"),
        (f"{OIN}:systeem:his", OIN),
        ("urn:nld:prikploeg:practice:his", "urn:nld:prikploeg:practice:his-north"),
    ],
)
def test_a_source_that_another_topic_may_speak_as_is_refused_by_the_name_of_that_topic(
    mine: str, theirs: str
):
    other = a_system(SOUTH, theirs, topic="in.practice.epd.v1")

    with pytest.raises(NotConfigured, match=re.escape(f"source: {mine} is of topic in.practice.epd.v1 already")):  # fmt: skip
        refuse_taken([a_system(mine)], [a_system(SOUTH), other])


def test_nobody_takes_a_source_from_itself_its_next_version_an_exercise_or_a_longer_number():
    every = a_system("urn:nld:prikploeg:practice:", topic="in.practice.demo.v1")
    number = a_system(f"{OIN[:-1]}1", topic="in.practice.epd.v1")
    known = [a_system(NORTH, OIN), a_system(NORTH, topic="in.practice.his.v2"), every, number]

    refuse_taken([a_system(NORTH, SOUTH, OIN), replace(every, topic="in.practice.new.v1")], known)


@pytest.mark.kafka
@pytest.mark.postgres
async def test_the_command_refuses_a_source_of_another_topic_and_leaves_all_as_it_was(fresh, kafka):
    settings = fresh.settings(kafka)
    source = NORTH
    first, second = (a_system(source, topic=a_topic("in.practice")) for _ in range(2))
    words = ("--sender", "practice", "--source", source, "--region", REGION)
    env = environment(fresh, kafka)

    done = [
        await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "services", "connect", one.topic, *words],
            capture_output=True, text=True, check=False, env=env,
        )
        for one in (first, second, first)
    ]  # fmt: skip

    assert [one.returncode for one in done] == [0, 2, 0], [one.stderr for one in done]
    assert f"is of topic {first.topic} already" in done[1].stderr
    connected = await read_connected(settings)
    assert (first.topic in connected, second.topic in connected) == (True, False)
    assert connected[first.topic].sources == (source,)
