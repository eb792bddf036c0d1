"""Decides whom a description is about: somebody known, somebody new, or somebody new with a question. Pure.

Never two people silently, never one silently: what is certain (the same number or the same written name, with nothing
that contradicts) is one person; what could be one becomes a new number with a question, and is not planned meanwhile.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from infra.likeness import are_alike, are_equal, is_correction
from infra.person import Description, Person, Speaker


class QuestionKind(StrEnum):
    """Why two descriptions have to be looked at by a person."""

    SAME_BSN_OTHER_DETAILS = "same_bsn_other_details"
    SAME_DETAILS_NO_BSN = "same_details_no_bsn"
    SAME_DETAILS_OTHER_BSN = "same_details_other_bsn"
    TWO_IN_ONE_FILE = "two_in_one_file"


@dataclass(frozen=True, slots=True)
class Said:
    """A description that the vault holds, or is about to hold."""

    person: Person
    speaker: Speaker


@dataclass(slots=True)
class Known:
    """A person of the vault with everything that was said about them, newest first.

    `owns` is the BSN that is certainly theirs; a provisional person, one with an open question, owns none.
    """

    id: UUID
    owns: str | None
    question: QuestionKind | None = None
    other: UUID | None = None  # whom the open question is about, besides this person
    said: list[Said] = field(default_factory=list)

    @property
    def provisional(self) -> bool:
        """Whether a question about this person is open."""
        return self.question is not None

    def says(self, speaker: Speaker) -> list[Said]:
        """What this organisation said."""
        return [
            one
            for one in self.said
            if one.speaker.organisation is not None
            and (one.speaker.said_by, one.speaker.organisation)
            == (speaker.said_by, speaker.organisation)
        ]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whom a description is about.

    `known` None: a new person. `kind`: the new question, about `other` too. A BSN that a known person lacks becomes
    theirs when `adopts`.
    """

    known: Known | None = None
    kind: QuestionKind | None = None
    other: UUID | None = None
    adopts: bool = False


def decide(
    described: Description, people: Collection[Known], disputed: Collection[str] = ()
) -> Decision:
    """Decides among those who share the BSN or the block (birth date and postcode) of the description.

    `disputed` are BSNs that the same batch gives to two people: nobody new gets them.
    """
    person, speaker = described.person, described.speaker
    with_number = [one for one in people if person.bsn is not None and has_bsn(one, person.bsn)]
    if with_number:
        return decide_by_bsn(person, speaker, with_number, in_dispute=person.bsn in disputed)
    decision = decide_by_name(person, speaker, people)
    if person.bsn not in disputed:
        return decision
    if decision.known is None and decision.kind is None:
        return Decision(kind=QuestionKind.TWO_IN_ONE_FILE)
    return replace(decision, adopts=False)


def decide_by_bsn(
    person: Person, speaker: Speaker, people: Sequence[Known], *, in_dispute: bool
) -> Decision:
    """The number is known: the one whose name and birth date fit, or whom the same practice may mend."""
    ordered = sorted(people, key=lambda one: (one.owns != person.bsn, one.id))
    for one in ordered:
        if any(is_same(said.person, person) for said in one.said):
            return Decision(one)
    for one in ordered:
        own = one.says(speaker)
        if own and not in_dispute and is_correction(own[0].person, person):
            return Decision(one)
    kind = QuestionKind.TWO_IN_ONE_FILE if in_dispute else QuestionKind.SAME_BSN_OTHER_DETAILS
    return Decision(kind=kind, other=ordered[0].id)


def decide_by_name(person: Person, speaker: Speaker, people: Iterable[Known]) -> Decision:
    """No number in common: the same written name, birth date and postcode are one person, likeness is a question."""
    same = [
        one for one in people if any(is_written_alike(said.person, person) for said in one.said)
    ]
    fits = [one for one in same if not contradicts(one, person.bsn)]
    best = choose(fits, speaker)
    if best is not None:
        return Decision(best, adopts=person.bsn is not None and not best.provisional)
    if same:
        return Decision(kind=QuestionKind.SAME_DETAILS_OTHER_BSN, other=same[0].id)
    for one in people:
        likely = any(
            one_said.person.block == person.block and are_alike(one_said.person, person)
            for one_said in one.said
        )
        if likely and not contradicts(one, person.bsn):
            return Decision(kind=QuestionKind.SAME_DETAILS_NO_BSN, other=one.id)
    return Decision()


def choose(fits: Sequence[Known], speaker: Speaker) -> Known | None:
    """Of several who fit, the one that this organisation spoke of, else the only established one."""
    own = [one for one in fits if one.says(speaker)]
    established = [one for one in fits if not one.provisional]
    for group in (own, established, fits):
        if len(group) == 1:
            return group[0]
    return min(own, key=lambda one: one.id) if own else None


def has_bsn(known: Known, bsn: str) -> bool:
    """Whether the number is theirs, or was said of them."""
    return known.owns == bsn or any(said.person.bsn == bsn for said in known.said)


def contradicts(known: Known, bsn: str | None) -> bool:
    """Whether somebody certainly has another number."""
    return bsn is not None and known.owns is not None and known.owns != bsn


def is_same(one: Person, other: Person) -> bool:
    """Whether name and birth date are no contradiction; a BSN in common is what makes them one."""
    return are_equal(one, other) or are_alike(one, other)


def is_written_alike(one: Person, other: Person) -> bool:
    """Whether name, birth date and postcode are the same as written."""
    return are_equal(one, other) and one.block == other.block


def list_disputed(descriptions: Sequence[Description]) -> frozenset[str]:
    """BSNs that descriptions of one batch give to people with another name or birth date."""
    first: dict[str, Person] = {}
    disputed = set()
    for one in descriptions:
        bsn = one.person.bsn
        if bsn is not None and not is_same(first.setdefault(bsn, one.person), one.person):
            disputed.add(bsn)
    return frozenset(disputed)
