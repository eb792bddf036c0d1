"""Places descriptions among the people of the vault: what is opened, what is decided, and which rows follow.

The work is the same for somebody known, somebody new and a question: as many seals, and as many openings.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from events.births import BirthDate
from infra.crypto import Keys, Sealed
from infra.identifying import Decision, Known, QuestionKind, Said, decide, list_disputed
from infra.identity import new_id
from infra.likeness import list_traits
from infra.person import Description, Person, SaidBy, Speaker, keep_unsaid, list_differing
from infra.postgres.person_questions import Asked

TRAIT_BYTES: Final = 16  # of a keyed hash: enough that two traits never share one
NAMES: Final = tuple(one.name for one in fields(Person))
OPENED: Final = (
    2  # descriptions opened for each that comes in, at least: most people have one or two
)


class Told(StrEnum):
    """What the organisation that described somebody may hear about it; "known" is said of its own patients only."""

    NEW = "new"
    KNOWN = "known"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Identified:
    """The id of a described person."""

    id: UUID
    told: Told
    said_before: bool = False  # the speaker said exactly these words of this person before
    # Fields in which it differs from what the speaker said of them last: for who compares, no part of the answer.
    changed: tuple[str, ...] = field(default=(), compare=False)


@dataclass(slots=True)
class Written:
    """Rows that a batch adds, written together at its end."""

    persons: list[tuple[object, ...]] = field(default_factory=list)
    adopted: list[tuple[UUID, bytes]] = field(default_factory=list)
    statements: list[tuple[object, ...]] = field(default_factory=list)
    traits: list[tuple[bytes, UUID]] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)
    mended: list[tuple[UUID, UUID, Speaker]] = field(default_factory=list)  # questioned, who it is


class Batch:
    """Descriptions that are identified together, and the people whom they may be about."""

    def __init__(self, keys: Keys, descriptions: Sequence[Description], now: datetime) -> None:
        self.keys, self.now = keys, now
        self.disputed = list_disputed(descriptions)
        self.bsns = {
            keys.hash("bsn", one.person.bsn): one.person.bsn
            for one in descriptions
            if one.person.bsn
        }
        near = {block for one in descriptions for block in one.person.blocks_near}
        self.blocks = [keys.hash("block", block) for block in sorted(near)]
        self.traits = {
            self.to_trait(one)
            for described in descriptions
            for one in list_traits(described.person)
        }
        years = {one.person.year_block for one in descriptions}
        self.locks = [keys.hash("block", block) for block in sorted(years)]
        self.people: dict[UUID, Known] = {}
        self.of_bsn: defaultdict[str, set[UUID]] = defaultdict(set)
        self.of_trait: defaultdict[str, set[UUID]] = defaultdict(set)
        self.of_block: defaultdict[str, set[UUID]] = defaultdict(set)
        self.digests: set[tuple[UUID, bytes]] = set()
        self.seen: set[tuple[UUID, bytes]] = set()  # statements that were opened
        self.written = Written()
        self.opened = 0

    def open(self, row: Any) -> None:
        """Takes up a row of the vault: one statement about one person, which counts once."""
        statement = (row["sealed_for"], bytes(row["sealed"]))
        if statement in self.seen:
            return
        self.seen.add(statement)
        known = self.people.get(row["person"])
        if known is None:
            owns = row["owns"] and self.bsns.get(row["owns"], row["owns"].hex())
            question = row["kind"] and QuestionKind(row["kind"])
            known = Known(row["person"], owns, question, row["other"])
            self.people[known.id] = known
        sealed = Sealed(row["key_version"], row["wrapped_key"], row["sealed"])
        person = unsealed(self.keys, sealed, row["sealed_for"])
        self.opened += 1
        # Said before regions were kept: by somebody of no region, so that nobody says it again.
        speaker = Speaker(SaidBy(row["said_by"]), row["organisation"], row["region"] or "")
        known.said.append(Said(person, speaker))
        self.digests.add((known.id, bytes(row["digest"])))
        self._index(known, person)
        if known.owns is not None:
            self.of_bsn[known.owns].add(known.id)

    def _index(self, known: Known, person: Person) -> None:
        self.of_block[person.block].add(known.id)
        for trait in list_traits(person):
            self.of_trait[trait].add(known.id)
        if person.bsn is not None:
            self.of_bsn[person.bsn].add(known.id)

    def to_trait(self, trait: str) -> bytes:
        """The keyed hash of a trait."""
        return self.keys.hash("trait", trait)[:TRAIT_BYTES]

    def decide(self, described: Description, but: UUID | None = None) -> Decision:
        """Decides whom a description is about, among all but one."""
        person = described.person
        near = set(self.of_bsn[person.bsn or ""])
        for block in person.blocks_near:
            near |= self.of_block.get(block, set())
        for trait in list_traits(person):
            near |= self.of_trait.get(trait, set())
        people = [self.people[one] for one in sorted(near & self.people.keys()) if one != but]
        return decide(described, people, self.disputed)

    def place(self, described: Description, decision: Decision) -> Identified:
        """Notes the rows that follow from what was decided about a description."""
        known = decision.known
        told = tell(decision, described.speaker)
        last = find_last(known, described.speaker)
        if last is not None and described.repeats:
            described = replace(described, person=keep_unsaid(described.person, last))
        person = described.person
        text = to_text(person)
        person_id = known.id if known is not None else new_id()
        sealed = self.keys.seal(text, person_id.bytes)
        if known is None:
            known = self._add(described, person_id, decision, sealed)
        elif decision.adopts and person.bsn is not None and known.owns is None:
            known.owns = person.bsn
            self.written.adopted.append((known.id, self.keys.hash("bsn", person.bsn)))
        said_before = self._state(described, known, text, sealed, last)
        if decision.mends is not None:
            self._mend(decision.mends, known, described.speaker)
        elif known.question is not None:
            asked = Asked(known.id, known.other, known.question.value, described.speaker)
            self.written.questions.append(asked)
        known.said.insert(0, Said(person, described.speaker))
        self._index(known, person)
        changed = list_differing(last, person) if last is not None else ()
        return Identified(known.id, told, said_before, changed)

    def _mend(self, questioned: Known, known: Known, speaker: Speaker) -> None:
        """Notes whom the newer words of an organisation are about; the rest of the batch knows the two as one."""
        self.written.mended.append((questioned.id, known.id, speaker))
        if questioned is not known:
            del self.people[questioned.id]
            known.said += questioned.said
            for said in questioned.said:
                self._index(known, said.person)

    def _add(
        self, described: Description, person_id: UUID, decision: Decision, sealed: Sealed
    ) -> Known:
        person = described.person
        owns = person.bsn if decision.kind is None else None  # a provisional person owns no number
        known = Known(person_id, owns, decision.kind, decision.other)
        self.people[known.id] = known
        self.written.persons.append(
            (
                known.id,
                self.keys.hash("block", person.block),
                self.keys.hash("bsn", owns) if owns else None,
                sealed.key_version,
                sealed.wrapped_key,
                sealed.sealed,
                self.now,
            )
        )
        return known

    def _state(
        self,
        described: Description,
        known: Known,
        text: str,
        sealed: Sealed,
        last: Person | None,
    ) -> bool:
        """Notes a statement; whether its speaker made it before, or last where it repeats a list.

        The same words again are none, unless the sender says as of when: a file may be sent twice.
        """
        speaker, person = described.speaker, described.person
        digest = self.keys.hash("statement", f"{speaker.said_by}\n{speaker.organisation}\n{text}")
        said_before = (known.id, digest) in self.digests
        if described.repeats:
            said_before = last == person
        if described.as_of is None and said_before:
            return True
        self.digests.add((known.id, digest))
        self.written.traits += [(self.to_trait(one), known.id) for one in list_traits(person)]
        self.written.statements.append(
            (
                new_id(),
                known.id,
                speaker.said_by.value,
                speaker.organisation,
                speaker.region,
                min(described.as_of or self.now, self.now),
                self.now,
                self.keys.hash("bsn", person.bsn) if person.bsn else None,
                self.keys.hash("block", person.block),
                digest,
                sealed.key_version,
                sealed.wrapped_key,
                sealed.sealed,
            )
        )
        return said_before

    def open_as_many(self, size: int) -> None:
        """Opens something sealed until as many descriptions were opened as for people who are all known."""
        sealed = self.keys.seal("{}", b"nobody")
        for _ in range(max(0, OPENED * size - self.opened)):
            self.keys.open(sealed, b"nobody")


def find_last(known: Known | None, speaker: Speaker) -> Person | None:
    """What a speaker said of somebody last."""
    own = known.says(speaker) if known is not None else []
    return own[0].person if own else None


def tell(decision: Decision, speaker: Speaker) -> Told:
    """What may be said of a decision to the one who described."""
    provisional = decision.known is not None and decision.known.provisional
    if decision.kind is not None or (provisional and decision.mends is None):
        return Told.QUESTION
    if decision.known is not None and decision.known.says(speaker):
        return Told.KNOWN
    return Told.NEW


def to_text(person: Person) -> str:
    """The person as the text that is sealed; what is said again is known by it, so its order never changes."""
    kept = {name: getattr(person, name) for name in NAMES}
    return json.dumps(kept | {"birth_date": person.birth_date.isoformat()})


def unsealed(keys: Keys, sealed: Sealed, person_id: UUID) -> Person:
    """The person in a sealed text."""
    found = json.loads(keys.open(sealed, person_id.bytes))
    return Person(**{**found, "birth_date": BirthDate.parse(found["birth_date"])})
