"""Who may be planned at all: consent, clinical assessment, place and series. Other needs never enter the search."""

from bisect import bisect_left
from collections import deque
from collections.abc import Hashable, Iterable
from typing import Final

from scheduling.care.lookup import NeedKey, by_id, day_of, key_of
from scheduling.plan import Reason
from scheduling.problem import Assessment, Consent, Location, Need, Outbreak, Problem

OF_CONSENT = {
    Consent.UNKNOWN: Reason.CONSENT_MISSING,
    Consent.REFUSED: Reason.CONSENT_REFUSED,
    Consent.WITHDRAWN: Reason.CONSENT_REFUSED,
    Consent.CONFLICTING: Reason.CONSENT_CONFLICTING,
    Consent.QUESTIONED: Reason.IDENTITY_QUESTION,
}
OF_ASSESSMENT = {
    Assessment.UNCERTAIN: Reason.TRIAGE,
    Assessment.TRIAGE: Reason.TRIAGE,
    Assessment.EXCLUDED: Reason.NOT_ELIGIBLE,
    Assessment.CONTRADICTION: Reason.CONTRADICTION,
}


# A round asks ten times of two or three problems that differ in their fixed stops only, which was a quarter of an
# answer to an event.
_JUDGED: Final[deque[tuple[Problem, dict[NeedKey, tuple[Reason, ...]]]]] = deque(maxlen=4)


def barriers(problem: Problem) -> dict[NeedKey, tuple[Reason, ...]]:
    """Needs that no plan may serve, each with its reasons, strongest first."""
    for known, barred in tuple(_JUDGED):
        if _is_same(known, problem):
            return dict(barred)
    found = _judge(problem)
    _JUDGED.append((problem, found))
    return dict(found)


def _is_same(one: Problem, other: Problem) -> bool:
    """Whether two problems have the very same rows of all that is judged here."""
    return one is other or (
        one.now == other.now
        and one.needs is other.needs
        and one.locations is other.locations
        and one.campaigns is other.campaigns
        and one.products is other.products
        and one.day_starts is other.day_starts
    )


def _judge(problem: Problem) -> dict[NeedKey, tuple[Reason, ...]]:
    locations = by_id(problem.locations)
    days, approved = OpenDays(problem), approved_names(problem)
    barred: dict[NeedKey, tuple[Reason, ...]] = {}
    for need in problem.needs:
        reasons = (
            *_judge_person(need),
            *_judge_approval(need, approved),
            *_judge_place(need, locations.get(need.location_id), days),
        )
        if reasons:
            barred[key_of(need)] = reasons
    _bar_followers(problem, barred)
    return barred


def approved_names(problem: Problem) -> frozenset[str]:
    """Names the campaigns and products that somebody approved for use here."""
    campaigns = {row.id for row in problem.campaigns if row.approved}
    return frozenset(campaigns | {row.id for row in problem.products if row.approved})


def _judge_approval(need: Need, approved: frozenset[str]) -> tuple[Reason, ...]:
    if need.campaign_id in approved and not approved.isdisjoint(need.products):
        return ()
    return (Reason.NOT_APPROVED,)


class OpenDays:
    """Days of the horizon, from today on, on which a visit may begin at a location."""

    def __init__(self, problem: Problem) -> None:
        self.today = max(0, day_of(problem, problem.now))
        self.days = problem.days
        self._of = {place.id: _open_days(problem, place) for place in problem.locations}

    def between(self, location_id: str, first: int, last: int) -> int:
        """Number of open days from `first` to `last`, both included."""
        days = self._of[location_id]
        return bisect_left(days, last + 1) - bisect_left(days, first)


def _open_days(problem: Problem, location: Location) -> list[int]:
    days: set[int] = set()
    for window in location.time_windows:
        if window.latest >= problem.now and window.latest >= window.earliest:
            first = max(0, day_of(problem, max(window.earliest, problem.now)))
            days.update(range(first, min(problem.days - 1, day_of(problem, window.latest)) + 1))
    return sorted(days)


def _judge_person(need: Need) -> tuple[Reason, ...]:
    consent, judgement = OF_CONSENT.get(need.consent), OF_ASSESSMENT.get(need.assessment)
    # A contradiction goes first: a clinician may find that the person needs no dose, whatever the consent.
    ranked = (judgement, consent) if judgement is Reason.CONTRADICTION else (consent, judgement)
    if need.booked_elsewhere:
        ranked = (*ranked, Reason.BOOKED_ELSEWHERE)
    return tuple(reason for reason in ranked if reason)


def _judge_place(need: Need, location: Location | None, days: OpenDays) -> tuple[Reason, ...]:
    if location is None or not location.known:
        return (Reason.LOCATION_UNKNOWN,)
    reasons = []
    if location.doubted:
        reasons.append(Reason.LOCATION_DOUBTED)
    if not location.has_contact:
        reasons.append(Reason.NO_CONTACT)
    if location.outbreak is Outbreak.BLOCKED:
        reasons.append(Reason.OUTBREAK)
    if need.last_day < days.today or need.first_day >= days.days or need.last_day < need.first_day:
        reasons.append(Reason.NOT_DUE)
    elif not days.between(location.id, need.first_day, need.last_day):
        reasons.append(Reason.LOCATION_CLOSED)
    return tuple(reasons)


def _bar_followers(problem: Problem, barred: dict[NeedKey, tuple[Reason, ...]]) -> None:
    """Bars every dose whose previous dose is barred itself, or is not in the problem: it is not due yet."""
    present = {key_of(need) for need in problem.needs}
    for need in sorted(problem.needs, key=lambda need: need.dose_no):
        if need.since_dose is None or key_of(need) in barred:
            continue
        before = (need.person_id, need.campaign_id, need.since_dose)
        if before in barred or before not in present:
            barred[key_of(need)] = (Reason.NOT_DUE,)


def settle(answers: Iterable[tuple[Hashable, str]]) -> Consent:
    """Weighs the answers (giver, status), oldest first, into one consent.

    The last answer of each giver counts; a giver is whatever tells one voice from another. When a resident and a representative disagree, a person has to ask them: such a
    conflict is never planned.
    """
    last_by_giver = dict(answers)  # of two answers of one giver the later stays
    said = set(last_by_giver.values()) - {"unknown"}
    if not said:
        return Consent.UNKNOWN
    if len(said) == 1:
        return Consent(said.pop())
    if "given" in said:
        return Consent.CONFLICTING
    return Consent.REFUSED


# Urgency by the Nederlandse Triage Standaard, U0 (resuscitation) to U5 (advice). The priorities are our own choice, on the
# scale of `Need.priority`: U0 to U2 go before everything else, U3 before most, U4 and U5 between the others.
OF_URGENCY = {"U0": 100, "U1": 99, "U2": 97, "U3": 80, "U4": 60, "U5": 40}


def of_urgency(urgency: str) -> int:
    """Priority (0 to 100) of a crisis visit with this NTS urgency. Raises KeyError for another word."""
    return OF_URGENCY[urgency]
