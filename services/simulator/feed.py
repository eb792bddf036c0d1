"""Sends a synthetic region to Kafka: its files through the import, and the events that no file holds, in random order."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from events.canonical import to_canonical
from events.catalogue import TYPE_OF
from events.envelope import Sender
from events.identifiers import NATIONAL, LocationId, VisitId
from events.location import OutbreakDeclared, VisitRequested
from events.organisations import PolicyChanged
from events.practice import (
    ConsentRecorded,
    PatientRegistered,
)
from infra.kafka.producer import Outgoing
from services.importing.asking import Identify
from services.importing.layout import Context, RowProblem
from services.importing.run import identify, read_files
from services.sending import BATCH, SenderEvent, Sink, entity_id, make_event, to_record
from services.simulator.files import write
from services.simulator.region import SyntheticRegion

SYSTEM = "oefening"


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of the feed."""

    sent: int
    total: int


@dataclass(frozen=True, slots=True)
class Fed:
    """What was sent, and what the receiver should do with it."""

    files: tuple[Path, ...]
    records: int  # valid, invalid and duplicate together
    accepted: int  # distinct valid events
    duplicates: int
    quarantined: Mapping[str, int]  # reason -> records to be quarantined
    by_type: Mapping[str, int]
    persons: int
    problems: tuple[RowProblem, ...]


async def feed(
    folder: Path,
    region: SyntheticRegion,
    sink: Sink,
    persons: Identify,
    on_progress: Callable[[Progress], None] | None = None,
) -> Fed:
    """Writes the files of a region and sends all events in random order, on which no receiver may rely.

    Safe to repeat: the same region sends the same ids. Raises Unavailable when Kafka or the vault is away.
    """
    files = write(folder, region)
    reading = read_files(files, Context(region.region))
    of_persons = await identify(reading, persons)
    said = [*reading.events, *spoken(region), *of_persons]
    rng = Random(f"{region.seed} {region.region} feed")
    good = [to_record(one) for one in mixed(rng, said)]
    bad, reasons = bad_records(said)
    again = rng.sample(good, min(3, len(good)))
    records = list(good)
    for record in bad:
        records.insert(rng.randrange(len(records) + 1), record)
    records += [
        *again,
        reused_id(said),
    ]  # after the original, else the original would be the one refused
    for start in range(0, len(records), BATCH):
        await sink.send_all(records[start : start + BATCH])
        if on_progress is not None:
            on_progress(Progress(min(start + BATCH, len(records)), len(records)))
    ids = {one.payload.person_id for one in said if isinstance(one.payload, PatientRegistered)}
    return Fed(
        files=files,
        records=len(records),
        accepted=len(good),
        duplicates=len(again),
        quarantined=reasons | {"id_reused": 1},
        by_type=dict(sorted(Counter(TYPE_OF[type(one.payload)] for one in said).items())),
        persons=len(ids),
        problems=tuple(reading.problems),
    )


def spoken(region: SyntheticRegion) -> list[SenderEvent]:
    """Events that no file holds: the policy, outbreaks, crisis visits and withdrawn consents."""
    said = [make_event(Sender.OPERATOR, region.region, PolicyChanged(), SYSTEM)]
    for outbreak in region.outbreaks:
        location = LocationId(entity_id("location", region.region, outbreak.institution.key))
        payload = OutbreakDeclared(location_id=location, policy=outbreak.policy)
        said.append(make_event(Sender.GGD, region.region, payload, SYSTEM))
    for call in region.calls:
        asked = VisitRequested(
            visit_id=VisitId(entity_id("visit", region.region, call.key)),
            location_id=LocationId(entity_id("location", region.region, call.institution.key)),
            urgency=call.urgency,
            minutes=call.minutes,
            earliest=call.earliest,
            latest=call.latest,
        )
        said.append(make_event(Sender.HAP, region.region, asked, SYSTEM))
    return said


def mixed(rng: Random, said: Sequence[SenderEvent]) -> list[SenderEvent]:
    """Shuffles the events; answers of one person keep their order, because the last one counts."""
    unique = list({(one.envelope.source, one.id): one for one in said}.values())
    shuffled = rng.sample(unique, len(unique))
    answers = iter([one for one in unique if isinstance(one.payload, ConsentRecorded)])
    return [next(answers) if isinstance(one.payload, ConsentRecorded) else one for one in shuffled]


def bad_records(said: Sequence[SenderEvent]) -> tuple[list[Outgoing], dict[str, int]]:
    """Makes one record for each reason to quarantine, and counts the reasons that the quarantine should show."""
    example = next(one for one in said if isinstance(one.payload, PatientRegistered))
    good = to_record(example)
    whole: dict[str, object] = json.loads(good.value)
    data = json.loads(good.value)["data"]
    elsewhere = "GG9999" if example.envelope.region != "GG9999" else "GG9998"
    altered: dict[str, dict[str, object]] = {
        "unknown_type": {"type": "patient.teleported.v1"},
        "invalid_payload": {"data": data | {"birth_year": "negentig", "person_id": "?"}},
        "source_not_allowed": {"source": "urn:example:elders:his"},
        "region_not_allowed": {"partitionkey": elsewhere},
        "unknown_region": {"partitionkey": NATIONAL},
        "type_not_allowed": {"type": "plan.published.v1", "data": {"plan_id": data["person_id"]}},
    }
    values = [
        json.dumps(whole | {"id": f"{example.id}-{reason}"} | changes).encode()
        for reason, changes in altered.items()
    ]
    values.append(b"Dit is geen bericht, maar een brief.")
    found = [Outgoing(good.topic, good.key, value, []) for value in values]
    return found, dict.fromkeys((*altered, "not_an_event"), 1)


def reused_id(said: Sequence[SenderEvent]) -> Outgoing:
    """Makes a record with the id of an earlier event and another body: refused, because an event never changes."""
    example = next(one for one in said if isinstance(one.payload, PatientRegistered))
    assert isinstance(example.payload, PatientRegistered)
    older = example.payload.model_copy(update={"birth_year": example.payload.birth_year - 1})
    return to_record(replace(example, payload=older, body=to_canonical(older)))
