from collections import Counter

import pytest

from events.codec import decode
from events.envelope import Event
from events.errors import RejectedEvent
from events.practice import PatientRegistered
from services.importing.run import run
from services.simulator.feed import Fed, feed
from services.simulator.region import Sizes, synthetic
from tests.services.importing.builders import REGION, Inbox, SmallVault, to_inward

SMALL = Sizes(institutions=40, residents=640, practices=40, teams=8, days=14)


@pytest.fixture(scope="module")
async def fed(tmp_path_factory) -> tuple[Fed, Inbox]:
    inbox = Inbox()
    folder = tmp_path_factory.mktemp("region")
    return await feed(folder, synthetic(sizes=SMALL), inbox, SmallVault()), inbox


def judged(inbox: Inbox) -> list[Event | RejectedEvent]:
    found: list[Event | RejectedEvent] = []
    for record in inbox.records:
        try:
            found.append(decode(to_inward(record)))
        except RejectedEvent as error:
            found.append(error)
    return found


async def test_every_good_event_decodes_and_every_bad_one_is_refused_for_its_reason(fed):
    report, inbox = fed

    results = judged(inbox)

    refused = Counter(r.reason.value for r in results if isinstance(r, RejectedEvent))
    by_codec = {reason: n for reason, n in report.quarantined.items() if reason != "id_reused"}
    assert refused == by_codec
    assert len(results) == report.records
    good = [r for r in results if isinstance(r, Event)]
    assert len(good) == report.accepted + report.duplicates + report.quarantined["id_reused"]
    assert len({(e.envelope.source, e.envelope.id) for e in good}) == report.accepted


async def test_an_id_that_is_used_again_has_another_body(fed):
    _, inbox = fed
    bodies: dict[str, set[bytes]] = {}

    for result in judged(inbox):
        if isinstance(result, Event):
            bodies.setdefault(result.envelope.id, set()).add(result.digest)

    assert sum(len(digests) > 1 for digests in bodies.values()) == 1


async def test_every_row_of_the_files_is_good(fed):
    report, _ = fed

    assert report.problems == ()


async def test_all_kinds_of_senders_speak_and_each_on_its_topic(fed):
    _, inbox = fed

    topics = Counter(record.topic for record in inbox.records)

    assert set(topics) == {
        "in.practice.his.v1",
        "in.hap.core.v1",
        "in.ggd.core.v1",
        "in.operator.core.v1",
        "in.institution.portal.v1",
    }


async def test_patients_come_before_their_institutions_too(fed):
    _, inbox = fed
    first_patient: dict[object, int] = {}
    registered: dict[object, int] = {}

    for n, result in enumerate(judged(inbox)):
        if isinstance(result, Event):
            payload = result.payload
            if isinstance(payload, PatientRegistered):
                first_patient.setdefault(payload.location_id, n)
            elif result.envelope.type == "location.registered.v1":
                registered[payload.location_id] = n

    early = [place for place, n in registered.items() if first_patient.get(place, n) < n]
    unknown = set(first_patient) - set(registered)
    assert len(early) > 10
    assert len(unknown) == 2


async def test_a_resident_of_two_practices_is_one_person(fed):
    report, inbox = fed

    patients = {
        (r.payload.person_id, r.payload.practice_id)
        for r in judged(inbox)
        if isinstance(r, Event) and isinstance(r.payload, PatientRegistered)
    }

    assert report.persons == 640
    assert len(patients) == report.by_type["patient.registered.v1"] > 640


async def test_the_feed_said_twice_says_the_same(fed, tmp_path):
    _, inbox = fed
    again = Inbox()

    await feed(tmp_path, synthetic(sizes=SMALL), again, SmallVault())

    assert again.records == inbox.records


async def test_the_written_files_are_what_an_import_takes(fed):
    report, _ = fed
    inbox = Inbox()

    imported = await run(report.files, REGION, inbox, SmallVault())

    assert imported.problems == ()
    spoken = {"policy.changed.v1": 1, "outbreak.declared.v1": 3, "visit.requested.v1": 3}
    assert Counter(imported.sent) + Counter(spoken) == Counter(report.by_type)


async def test_progress_reaches_the_end(tmp_path):
    steps = []

    report = await feed(tmp_path, synthetic(sizes=SMALL), Inbox(), SmallVault(), steps.append)

    assert steps[-1].sent == steps[-1].total == report.records
