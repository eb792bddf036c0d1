"""Simple real objects to import with: an inbox for records, a vault in memory, files in a folder."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid5

from events.codec import decode
from events.envelope import Event, Record, Sender, System
from events.identifiers import NATIONAL, to_source
from infra.kafka.producer import Outgoing
from infra.person import Description, Person
from services.importing.asking import Registered
from services.sending import TOPICS

REGION = "GG2514"
NAMES = UUID("00000000-0000-5000-8000-000000000001")
SYSTEMS = {
    topic: System(
        topic=topic,
        sender=sender,
        sources=(to_source(sender, ""),),
        regions=frozenset({REGION, NATIONAL} if sender is Sender.GGD else {REGION}),
    )
    for sender, topic in TOPICS.items()
}


@dataclass
class Inbox:
    """Keeps every record that was sent."""

    records: list[Outgoing] = field(default_factory=list)

    async def send_all(self, records: Sequence[Outgoing]) -> None:
        self.records += records

    def events(self) -> list[Event]:
        return [decode(to_inward(record)) for record in self.records]

    def ids(self) -> list[str]:
        return [event.envelope.id for event in self.events()]


@dataclass
class SmallVault:
    """Knows a person by BSN, else by name, birth date and postcode."""

    refuses: frozenset[str] = frozenset()  # family names
    asked: list[Person] = field(default_factory=list)

    async def __call__(self, described: Sequence[Description]) -> list[Registered | None]:
        persons = [one.person for one in described]
        before = list(self.asked)
        self.asked += persons
        return [
            None if p.family_name in self.refuses else Registered(self.id_of(p), p in before)
            for p in persons
        ]

    def id_of(self, person: Person) -> UUID:
        named = f"{person.given_name} {person.family_name} {person.birth_date} {person.postcode}"
        return uuid5(NAMES, person.bsn or named)


def to_inward(record: Outgoing) -> Record:
    return Record(
        SYSTEMS[record.topic], record.value, dict(record.headers), record.key, record.topic
    )


def a_file(folder: Path, name: str, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


HEADER = "bsn;voornaam;achternaam;geboortedatum;postcode;praktijk;campagne;instelling;toestemming"
GOOD = "999990019;Aagje;van der Rietzoom;03-04-1931;3581 ab;PRAK-1;griep;INST-1;gegeven"
