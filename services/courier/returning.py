"""What practices and the register have to be told of doses, beside what they were told: decided here, without a database.

Level by level, not fact by fact: what counts now is compared with the newest message of each dose and receiver. So it
does not matter in which order facts came, nor how often this is asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from uuid import UUID

from infra.identity import derived_id
from infra.postgres.courier.returns import DoseKey, Home, Made, Message, Outcome

PRACTICE, REGISTER = "practice", "register"
GIVEN, CORRECTED, RETRACTED = "given", "corrected", "retracted"
Line = tuple[DoseKey, str]  # a dose and a receiver


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a receiver should know of a dose."""

    outcome: Outcome
    region: str
    practice: UUID | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Messages to make, and those that count no more."""

    new: tuple[Message, ...]
    replaced: tuple[UUID, ...]


def find_changes(
    outcomes: Sequence[Outcome],
    homes: Mapping[tuple[UUID, UUID], Home],
    opt_ins: AbstractSet[tuple[UUID, UUID]],
    made: Sequence[Made],
) -> Changes:
    """What has to be said anew. `made`: all newest messages about these people and these doses."""
    wanted = {
        (one.outcome.key, receiver): one for receiver, one in list_wanted(outcomes, homes, opt_ins)
    }
    new: list[Message] = []
    replaced: list[UUID] = []
    answered: set[Line] = set()
    for one in made:
        line = (one.message.key, one.message.receiver)
        want = wanted.get(line)
        mine = want if want is not None and want.outcome.person == one.message.person else None
        if mine is not None:
            answered.add(line)
        said = say(one, mine)
        if said is not one.message:
            if not one.is_closed:
                replaced.append(one.message.id)
            new += [] if said is None else [said]
    new += [
        begin(want, receiver)
        for (key, receiver), want in wanted.items()
        if (key, receiver) not in answered
    ]
    return Changes(tuple(new), tuple(replaced))


def list_wanted(
    outcomes: Sequence[Outcome],
    homes: Mapping[tuple[UUID, UUID], Home],
    opt_ins: AbstractSet[tuple[UUID, UUID]],
) -> Iterator[tuple[str, Wanted]]:
    """Who should know of which dose. The register hears of those who agreed; of the others it gets a number."""
    for one in outcomes:
        about = (one.person, one.campaign)
        home = homes.get(about)
        if home is not None:
            yield PRACTICE, Wanted(one, home.region, home.practice)
        if about in opt_ins:
            yield REGISTER, Wanted(one, home.region if home else one.key.region, None)


def say(made: Made, want: Wanted | None) -> Message | None:
    """What comes after this message: itself when nothing does, None when it is taken back before it was sent."""
    last = made.message
    counts = last.kind != RETRACTED and not made.is_closed
    if want is None:
        return take_back(made) if counts else resend(made)
    if not counts:
        return restart(made, want)
    outcome = want.outcome
    if (last.facts, last.dose_no) == (outcome.facts, outcome.dose_no):
        return resend(made)
    told = last.was_told or made.is_told
    return named(
        replace(
            last,
            number=last.number + 1,
            kind=CORRECTED if told else GIVEN,
            facts=outcome.facts,
            dose_no=outcome.dose_no,
            was_told=told,
        )
    )


def take_back(made: Made) -> Message | None:
    """Who was told of a dose that does not count is told so; whoever heard nothing hears nothing of it."""
    last = made.message
    if not (last.was_told or made.is_told):
        return None
    return named(replace(last, number=last.number + 1, kind=RETRACTED, was_told=True))


def resend(made: Made) -> Message:
    """The same once more, when it was rejected and somebody asked for it again."""
    last = made.message
    return named(replace(last, number=last.number + 1)) if made.wants_again else last


def restart(made: Made, want: Wanted) -> Message:
    """A dose that was taken back, and counts after all: said to the practice that is the own one by now."""
    last = made.message
    told = last.was_told and last.practice == want.practice
    return named(
        replace(
            last,
            region=want.region,
            practice=want.practice,
            number=last.number + 1,
            kind=CORRECTED if told else GIVEN,
            facts=want.outcome.facts,
            dose_no=want.outcome.dose_no,
            was_told=told,
        )
    )


def begin(want: Wanted, receiver: str) -> Message:
    """The first message of a dose to a receiver."""
    one = want.outcome
    return named(
        Message(
            id=one.person,  # until it has a name of its own
            region=want.region,
            receiver=receiver,
            practice=want.practice,
            person=one.person,
            campaign=one.campaign,
            dose_no=one.dose_no,
            key=one.key,
            number=1,
            kind=GIVEN,
            facts=one.facts,
            was_told=False,
        )
    )


def named(message: Message) -> Message:
    """The message under the id that follows from what it is: made twice, it is the same one."""
    key = message.key
    parts = (key.region, str(key.seq), message.receiver, str(message.person), str(message.number))
    return replace(message, id=derived_id("return", *parts), made_at=None)
