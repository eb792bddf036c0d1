"""The vaccination series of a person: consent, assessment and outcomes so far, and what follows from them."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from events.local_time import to_local_date
from events.visits import NotGiven
from infra.postgres.snapshot.rows import (
    NEVER,
    AssessmentRow,
    ConsentRow,
    DoseRow,
    FactRows,
    Mark,
)
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
    mark: Mark = NEVER


@dataclass(frozen=True, slots=True)
class Missed:
    """A dose that was planned and not given."""

    reason: NotGiven
    on: date
    mark: Mark


@dataclass(slots=True)
class Series:
    """What happened to one person in one campaign, oldest first."""

    answers: list[ConsentRow] = field(default_factory=list)
    judgements: list[AssessmentRow] = field(default_factory=list)
    fell_ill: Mark = NEVER  # the newest adverse event
    given: dict[int, Given] = field(default_factory=dict)  # by dose number
    is_questioned: bool = False  # who this is has to be answered first
    not_given: list[Missed] = field(default_factory=list)

    @property
    def newest(self) -> Given | None:
        """The given dose with the highest number; None before the first dose."""
        return self.given[max(self.given)] if self.given else None

    @property
    def judged(self) -> AssessmentRow | None:
        """The newest judgement; None until a clinician gave one."""
        return self.judgements[-1] if self.judgements else None


class Veto(StrEnum):
    """Why a person may not get a dose, whatever was planned or published."""

    NO_CONSENT = (
        "no_consent"  # refused, withdrawn, never asked, or answers that contradict each other
    )
    NOT_ELIGIBLE = "not_eligible"  # a clinician said so, or has to say first
    NO_NEED = "no_need"  # deceased, moved, or vaccinated already
    HAD_IT = "had_it"  # this dose, or a later one


def to_series(facts: FactRows) -> dict[PersonKey, Series]:
    """Groups everything recorded about people by person and campaign; the rows come oldest first."""
    found: defaultdict[PersonKey, Series] = defaultdict(Series)
    for answer in facts.consents:
        found[answer.person, answer.campaign].answers.append(answer)
    for judged in facts.assessments:
        found[judged.person, judged.campaign].judgements.append(judged)
    for event in facts.adverse_events:
        series = found[event.person, event.campaign]
        series.fell_ill = max(series.fell_ill, event.mark)
    for dose in facts.doses:
        note_dose(found[dose.person, dose.campaign], dose)
    for (person, _), series in found.items():
        series.is_questioned = person in facts.questioned
    return found


def note_dose(series: Series, dose: DoseRow) -> None:
    """Adds an outcome, on its day in Amsterdam; a later report of the same dose replaces an earlier one."""
    on = to_local_date(dose.at)
    if dose.outcome == "not_given":
        series.not_given.append(Missed(NotGiven(str(dose.reason)), on, dose.mark))
    else:
        series.given[dose.dose_no] = Given(on, dose.product, dose.team, dose.mark)


def veto_of(series: Series, dose_no: int) -> Veto | None:
    """Why this person may not get this dose now; None when nothing known of the person forbids it."""
    if needs_no_more(series):
        return Veto.NO_NEED
    if max(series.given, default=0) >= dose_no:
        return Veto.HAD_IT
    if consent_of(series) is not Consent.GIVEN:
        return Veto.NO_CONSENT
    if assessment_of(series) is not Assessment.ELIGIBLE:
        return Veto.NOT_ELIGIBLE
    return None


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
    2021). While it is asked who this person is, it is not certain whose consent this is.
    """
    if series.is_questioned:
        return Consent.QUESTIONED
    answered = max((answer.mark for answer in series.answers), default=NEVER)
    if any(one.reason in ENDS_CONSENT and one.mark > answered for one in series.not_given):
        return Consent.REFUSED
    if any(have_two_answers(answers) for answers in by_giver(series.answers)):
        return Consent.CONFLICTING
    return settle(((answer.voice, answer.given_by), answer.status) for answer in series.answers)


def by_giver(answers: list[ConsentRow]) -> list[list[ConsentRow]]:
    """The answers of each giver as each practice heard them, oldest first."""
    found: defaultdict[tuple[UUID, str], list[ConsentRow]] = defaultdict(list)
    for answer in answers:
        found[answer.voice, answer.given_by].append(answer)
    return list(found.values())


def have_two_answers(answers: list[ConsentRow]) -> bool:
    """Whether the newest moment of one giver has two answers: of two rows of one day nobody knows which came later."""
    newest = answers[-1]
    return any(
        one.status != newest.status and one.is_dated and newest.is_dated
        for one in answers
        if one.mark.moment == newest.mark.moment
    )


def assessment_of(series: Series) -> Assessment:
    """Finds the newest assessment; a later contra-indication or adverse event makes it TRIAGE until a new one.

    NHG asks for a check on contra-indications before each injection; what that check finds, a clinician decides on. So
    does a clinician when two judgements of one moment contradict each other.
    """
    judged = series.judged
    since = judged.mark if judged else NEVER
    if series.fell_ill > since or any(
        one.reason is NotGiven.CONTRA_INDICATED and one.mark > since for one in series.not_given
    ):
        return Assessment.TRIAGE
    if judged is None:
        return Assessment.ELIGIBLE  # until a clinician says otherwise
    if any(
        one.judgement != judged.judgement and one.is_dated and judged.is_dated
        for one in series.judgements
        if one.mark.moment == judged.mark.moment
    ):
        return Assessment.TRIAGE
    return Assessment(judged.judgement)
