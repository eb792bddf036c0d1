"""Decides whom a description is about: somebody known, somebody new, or somebody new with a question. Pure.

Never two people silently, never one silently: the same number with nothing that contradicts is one person, and so is
what one organisation says again, and the same whole name, birth date and address without a number. What could be one
(another organisation writes an initial, another house, or a name that is like it) becomes a new id with a question, and
is not planned meanwhile.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from infra.likeness import are_alike, are_equal, is_correction, is_initials, is_likely_one
from infra.person import Description, Person, SaidBy, Speaker


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
        """What this organisation said; who speaks for none is known by the region."""
        voice = voice_of(speaker)
        return [one for one in self.said if voice_of(one.speaker) == voice]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whom a description is about.

    `known` None: a new person. `kind`: the new question, about `other` too. A BSN that a known person lacks becomes
    theirs when `adopts`. `mends`: the same organisation's earlier words about this person were a mistake, and its
    question is over.
    """

    known: Known | None = None
    kind: QuestionKind | None = None
    other: UUID | None = None
    adopts: bool = False
    mends: Known | None = None


def decide(
    described: Description, people: Collection[Known], disputed: Collection[str] = ()
) -> Decision:
    """Decides among those who share the BSN or the block (birth date and postcode) of the description.

    `disputed` are BSNs that the same batch gives to two people: nobody new gets them. Words with which an organisation
    mends its own about somebody questioned are decided as if it had never said those, when that leaves no question.
    """
    if described.person.bsn not in disputed:
        for mended in find_mended(described, people):
            others = [one for one in people if one is not mended]
            decision = decide_first(described, others, disputed)
            if (settled := settle(decision, mended)) is not None:
                return replace(settled, mends=mended)
    return decide_first(described, people, disputed)


def decide_first(
    described: Description, people: Collection[Known], disputed: Collection[str]
) -> Decision:
    """Decides by number, else by name."""
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


def settle(decision: Decision, mended: Known) -> Decision | None:
    """What mended words about somebody questioned come to: an established person, or that one without a question.

    None when they leave a question.
    """
    if decision.known is not None:
        return None if decision.known.provisional else decision
    return Decision(mended, adopts=True) if decision.kind is None else None


def find_mended(described: Description, people: Iterable[Known]) -> list[Known]:
    """Finds whom an organisation may mean to mend by words that it never said: questioned people of its own words.

    The same written person with another number, or the same number with a slip. The same words once more, of a file
    that is sent again, mend nothing: two people of one file would mend each other.
    """
    person, speaker = described.person, described.speaker
    own = {one.id: one.says(speaker) for one in people}
    if any(said.person == person for words in own.values() for said in words):
        return []
    return [
        one
        for one in sorted(people, key=lambda one: one.id)
        if one.provisional and own[one.id] and is_mended(own[one.id][0].person, person)
    ]


def is_mended(said: Person, now: Person) -> bool:
    """Whether an organisation that said the first may mend it by the second."""
    if now.bsn is None:
        return False
    if said.bsn == now.bsn:
        return is_correction(said, now)
    return is_written_alike(said, now)


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
    """No number in common: the same written name, birth date and postcode are one person to the organisation that said
    so before, and to another when name and house number are whole and the same too; else a question, as a likeness is.
    """
    same = [
        one for one in people if any(is_written_alike(said.person, person) for said in one.said)
    ]
    fits = [one for one in same if not contradicts(one, person.bsn)]
    best = choose(fits, person, speaker)
    if best is None and person.bsn is None:
        best = choose_certain(fits, person)
    if best is not None:
        return Decision(best, adopts=person.bsn is not None and not best.provisional)
    if same:
        kind = QuestionKind.SAME_DETAILS_NO_BSN if fits else QuestionKind.SAME_DETAILS_OTHER_BSN
        meant = min(fits or same, key=lambda one: (one.provisional, one.id))
        return Decision(kind=kind, other=meant.id)
    likely = [
        one
        for one in people
        if not contradicts(one, person.bsn)
        and any(
            is_near(said.speaker, speaker, said.person, person)
            and is_likely_one(said.person, person)
            for said in one.said
        )
    ]
    if likely:
        meant = min(likely, key=lambda one: (one.provisional, one.id))
        return Decision(kind=QuestionKind.SAME_DETAILS_NO_BSN, other=meant.id)
    return Decision()


def is_near(said_by: Speaker, speaker: Speaker, said: Person, now: Person) -> bool:
    """Whether likeness is asked about: one postcode, or one region. Namesakes of the whole country would be many."""
    return said.plain_postcode == now.plain_postcode or said_by.region == speaker.region


def choose(fits: Iterable[Known], person: Person, speaker: Speaker) -> Known | None:
    """Of those who fit, the one of whom this organisation said the same: these very words, else somebody established."""

    def order(one: Known) -> tuple[bool, bool, UUID]:
        exact = any(said.person == person for said in one.says(speaker))
        return not exact, one.provisional, one.id

    own = [
        one
        for one in fits
        if any(is_written_alike(said.person, person) for said in one.says(speaker))
    ]
    return min(own, key=order, default=None)


def choose_certain(fits: Iterable[Known], person: Person) -> Known | None:
    """Of those who fit, somebody established of whom the very same was said, by whomever: full first name and address.

    Two residents of one house with the same first name, family name and birth date are not known to exist; a practice
    and an institution that each register one resident are.
    """
    found = [
        one
        for one in fits
        if not one.provisional and any(is_whole_same(said.person, person) for said in one.said)
    ]
    return min(found, key=lambda one: one.id) if len(found) == 1 else None


def voice_of(speaker: Speaker) -> tuple[SaidBy, UUID | None, str]:
    """Who speaks: an organisation wherever it is, or somebody of a region who speaks for none."""
    return (
        speaker.said_by,
        speaker.organisation,
        "" if speaker.organisation is not None else speaker.region,
    )


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


def is_whole_same(one: Person, other: Person) -> bool:
    """Whether two that are written alike have a whole birth date, a first name that is no initial, and one address."""
    houses = {"".join(person.house_number.split()).casefold() for person in (one, other)}
    return (
        is_written_alike(one, other)
        and one.birth_date.is_whole
        and not is_initials(one.given_name)
        and len(houses) == 1
        and houses != {""}
    )


def list_disputed(descriptions: Sequence[Description]) -> frozenset[str]:
    """BSNs that descriptions of one batch give to people with another name or birth date."""
    first: dict[str, Person] = {}
    disputed = set()
    for one in descriptions:
        bsn = one.person.bsn
        if bsn is not None and not is_same(first.setdefault(bsn, one.person), one.person):
            disputed.add(bsn)
    return frozenset(disputed)
