"""The vaccination series of a person: consent, assessment and outcomes so far, and what follows from them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Final
from uuid import UUID

from events.local_time import to_local_date
from events.visits import NotGiven
from infra.postgres.snapshot.rows import (
    NEVER,
    AssessmentRow,
    ConsentRow,
    DecisionRow,
    DoseRow,
    FactRows,
    Mark,
)
from scheduling.care.eligibility import settle
from scheduling.problem import Assessment, Consent
from services.care.contradictions import Contradiction, find_contradictions, find_open
from services.care.doses import Given, read_doses

PersonKey = tuple[UUID, UUID]  # person, campaign

# Outcomes of a visit that concern more than that visit.
ENDS_CONSENT: Final = frozenset({NotGiven.REFUSED, NotGiven.RESISTANCE, NotGiven.NO_CONSENT})
ENDS_NEED: Final = frozenset({NotGiven.DECEASED, NotGiven.MOVED, NotGiven.ALREADY_VACCINATED})


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
    is_questioned: bool = False  # who this is has to be answered first
    reported: list[Given] = field(default_factory=list)
    not_given: list[Missed] = field(default_factory=list)
    decision: DecisionRow | None = None  # the newest on how to read the doses
    died: Mark = NEVER  # withdrawn as deceased
    min_days: int = 0  # the least interval of the campaign
    product_days: Mapping[str, int] = field(default_factory=dict)  # of products with their own

    @property
    def doses(self) -> list[Given]:
        """The doses as they are to be read: as reported, or as a clinician decided."""
        return read_doses(self.reported, self.decision)

    @property
    def given(self) -> dict[int, Given]:
        """The doses by number; of two with one number the later stays."""
        return {dose.dose_no: dose for dose in self.doses}

    def least_days_after(self, dose: Given) -> int:
        """The least days from a dose to the next: those of its product, else the campaign's."""
        return self.product_days.get(dose.product or "", self.min_days)

    @property
    def newest(self) -> Given | None:
        """The given dose with the highest number; None before the first dose."""
        return max(self.doses, key=lambda dose: (dose.dose_no, dose.mark), default=None)

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
    CONTRADICTION = "contradiction"  # facts of the series: a clinician decides how to read them
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
    for decision in facts.decisions:
        found[decision.person, decision.campaign].decision = decision
    for death in facts.deaths:
        found[death.person, death.campaign].died = death.mark
    for (person, campaign), series in found.items():
        series.is_questioned = person in facts.questioned
        series.min_days = facts.min_days.get(campaign, 0)
        series.product_days = facts.product_days
    return found


def note_dose(series: Series, dose: DoseRow) -> None:
    """Adds an outcome, on its day in Amsterdam."""
    on = to_local_date(dose.at)
    if dose.outcome == "not_given":
        series.not_given.append(Missed(NotGiven(str(dose.reason)), on, dose.mark))
    else:
        series.reported.append(Given(on, dose.product, dose.team, dose.mark, dose.dose_no))


def veto_of(series: Series, dose_no: int) -> Veto | None:
    """Why this person may not get this dose now; None when nothing known of the person forbids it."""
    if needs_no_more(series):
        return Veto.NO_NEED
    if max(series.given, default=0) >= dose_no:
        return Veto.HAD_IT
    if contradictions_of(series):
        return Veto.CONTRADICTION
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


def contradictions_of(series: Series) -> list[Contradiction]:
    """What a clinician has to decide on before this person gets another dose; empty when all facts fit."""
    doses = series.doses
    if not doses and series.died == NEVER:  # most people, and nothing that could not fit
        return []
    found = find_contradictions(
        doses, partial(refusal_before, series), series.died, series.least_days_after
    )
    return find_open(found, series.decision)


def refusal_before(series: Series, dose: Given) -> Mark | None:
    """The newest answer or outcome before a dose, when the person had refused by then."""
    before = Series(
        answers=[one for one in series.answers if one.mark.moment < dose.since],
        not_given=[one for one in series.not_given if one.mark.moment < dose.since],
    )
    if consent_of(before) not in {Consent.REFUSED, Consent.WITHDRAWN}:
        return None
    answers, missed = before.answers, before.not_given
    return max([*(one.mark for one in answers), *(one.mark for one in missed)])


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
    several = len(series.answers) > 1
    if several and any(have_two_answers(answers) for answers in by_giver(series.answers)):
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
    does a clinician when two judgements of one moment contradict each other, or the facts of the series.
    """
    if contradictions_of(series):
        return Assessment.CONTRADICTION
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
