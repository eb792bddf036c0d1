"""Judges the state of a patient: the one word that the practice sees, and the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from infra.postgres.pages.practice import PatientRow

State = Literal[
    "question",
    "needs_answer",
    "needs_doctor",
    "planned",
    "registered",
    "blocked",
    "postponed",
    "refused",
    "partly",
    "done",
    "taken_over",
]
ENDS = frozenset({"refused", "deceased", "moved", "already_vaccinated", "contra_indicated"})
WAITS_FOR_PRACTICE: frozenset[State] = frozenset({"question", "needs_answer", "needs_doctor"})
TONES: dict[State, tuple[str, str]] = {
    "question": ("danger", "alert"),
    "needs_answer": ("warn", "wait"),
    "needs_doctor": ("danger", "stop"),
    "planned": ("info", "clock"),
    "registered": ("", "doc"),
    "blocked": ("warn", "alert"),
    "postponed": ("warn", "undo"),
    "refused": ("", "cross"),
    "partly": ("ok", "check"),
    "done": ("ok", "check"),
    "taken_over": ("", "arrow"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A state with the reason that explains it, when there is one."""

    state: State
    reason: str | None = None

    @property
    def tone(self) -> str:
        """The CSS class of the chip."""
        return TONES[self.state][0]

    @property
    def icon(self) -> str:
        """The icon of the chip."""
        return TONES[self.state][1]


def judge_standing(
    row: PatientRow, *, doses: int, contradicts: Sequence[str] = (), questioned: bool = False
) -> Standing:
    """Judge the state: the first that applies, the most final first. `doses` is the length of the series, 0 when unknown.

    `questioned`: BSN and birth date have to be checked. `contradicts`: what does not fit in the series. Both go before
    everything, as it is not known what is final.
    """
    if questioned:
        return Standing("question", "identity_question")
    if contradicts:
        return Standing("needs_doctor", f"contradiction.{contradicts[0]}")
    if doses and row.doses >= doses:
        return Standing("done")
    return judge_person(row)


def judge_person(row: PatientRow) -> Standing:
    """Judge the state of a patient whose series is not complete: planned, elsewhere, or what a person or a doctor said."""
    if row.taken_over:
        return Standing("taken_over")
    if row.starts_at is not None:
        return Standing("planned")
    if row.consent in ("refused", "withdrawn") or row.not_given in ENDS:
        return Standing("refused", row.not_given if row.not_given in ENDS else "consent_refused")
    if row.judgement in ("uncertain", "triage"):
        return Standing("needs_doctor", row.judgement)
    return judge_without_visit(row)


def judge_without_visit(row: PatientRow) -> Standing:
    """Judge the state of a patient without a visit: without consent, postponed, blocked by the plan, or waiting for it."""
    if row.consent == "conflicting":
        return Standing("blocked", "consent_conflicting")
    if row.consent != "given":
        return Standing("needs_answer", "consent_missing")
    if row.not_given is not None:
        return Standing("postponed", row.not_given)
    if row.doses:
        return Standing("partly")
    if row.judgement == "excluded":
        return Standing("refused", "not_eligible")
    return Standing("blocked", row.reasons[0]) if row.reasons else Standing("registered")
