"""The vaccination series of a person: consent, assessment and outcomes so far, and what follows from them."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from events.local_time import to_local_date
from events.visits import NotGiven
from infra.postgres.snapshot.rows import ConsentRow, DoseRow, PeopleRows
from scheduling.care.eligibility import settle
from scheduling.problem import Assessment, Consent

PersonKey = tuple[UUID, UUID]  # person, campaign

# Outcomes of a visit that concern more than that visit.
ENDS_CONSENT: Final = frozenset({NotGiven.REFUSED, NotGiven.RESISTANCE, NotGiven.NO_CONSENT})
ENDS_NEED: Final = frozenset({NotGiven.DECEASED, NotGiven.MOVED, NotGiven.ALREADY_VACCINATED})


@dataclass(frozen=True, slots=True)
class Given:
    """A dose that was given, by us or elsewhere."""

    on: date
    product: str | None  # None: not reported
    team: UUID | None  # None: given elsewhere


@dataclass(frozen=True, slots=True)
class Missed:
    """A dose that was planned and not given; `seq` is its number in the ledger."""

    reason: NotGiven
    on: date
    seq: int


@dataclass(slots=True)
class Series:
    """What happened to one person in one campaign, oldest first."""

    answers: list[ConsentRow] = field(default_factory=list)
    judgement: str = Assessment.ELIGIBLE.value  # until a clinician says otherwise
    judged_seq: int = 0
    fell_ill_seq: int = 0  # the newest adverse event; 0: none
    not_before: date | None = None
    observation_minutes: int | None = None
    given: dict[int, Given] = field(default_factory=dict)  # by dose number
    not_given: list[Missed] = field(default_factory=list)

    @property
    def newest(self) -> Given | None:
        """The given dose with the highest number; None before the first dose."""
        return self.given[max(self.given)] if self.given else None


def to_series(people: PeopleRows) -> dict[PersonKey, Series]:
    """Groups everything recorded about people by person and campaign."""
    found: defaultdict[PersonKey, Series] = defaultdict(Series)
    for answer in people.consents:
        found[answer.person, answer.campaign].answers.append(answer)
    for judged in people.assessments:
        series = found[judged.person, judged.campaign]
        series.judgement, series.judged_seq = judged.judgement, judged.seq
        series.not_before = judged.not_before
        series.observation_minutes = judged.observation_minutes
    for event in people.adverse_events:
        found[event.person, event.campaign].fell_ill_seq = event.seq
    for dose in people.doses:
        note_dose(found[dose.person, dose.campaign], dose)
    return found


def note_dose(series: Series, dose: DoseRow) -> None:
    """Adds an outcome, on its day in Amsterdam; a later report of the same dose replaces an earlier one."""
    on = to_local_date(dose.at)
    if dose.outcome == "not_given":
        series.not_given.append(Missed(NotGiven(str(dose.reason)), on, dose.seq))
    else:
        series.given[dose.dose_no] = Given(on, dose.product, dose.team)


def next_dose_no(series: Series) -> int:
    """Finds the number of the next dose; a later dose implies those before it, reported or not."""
    return max(series.given, default=0) + 1


def needs_no_more(series: Series) -> bool:
    """Whether a visit found that this person is no longer to be vaccinated: deceased, moved or vaccinated already."""
    return any(missed.reason in ENDS_NEED for missed in series.not_given)


def consent_of(series: Series) -> Consent:
    """Settles the consent for treatment; a refusal during a visit ends it until somebody answers again.

    WGBO (Burgerlijk Wetboek 7:450): no treatment without consent. Resistance on the day overrides the consent of a
    representative, a curator included, since vaccination counts as highly personal (Rechtbank Noord-Nederland, April
    2021).
    """
    answered = max((answer.seq for answer in series.answers), default=0)
    if any(one.reason in ENDS_CONSENT and one.seq > answered for one in series.not_given):
        return Consent.REFUSED
    return settle((answer.given_by, answer.status) for answer in series.answers)


def assessment_of(series: Series) -> Assessment:
    """Finds the newest assessment; a later contra-indication or adverse event makes it TRIAGE until a new one.

    NHG asks for a check on contra-indications before each injection; what that check finds, a clinician decides on.
    """
    if series.fell_ill_seq > series.judged_seq or any(
        one.reason is NotGiven.CONTRA_INDICATED and one.seq > series.judged_seq
        for one in series.not_given
    ):
        return Assessment.TRIAGE
    return Assessment(series.judgement)
