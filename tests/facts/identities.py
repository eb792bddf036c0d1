"""Facts of `events.identities`."""

from typing import Any

from events.identities import (
    IdentityAnswer,
    IdentityQuestion,
    IdentityQuestioned,
    IdentitySettled,
)
from tests.facts.values import build, uid


def a_question(name: str = "p1", **changes: Any) -> IdentityQuestioned:
    usual = {
        "person_id": uid(name),
        "question": IdentityQuestion.SAME_BSN_OTHER_DETAILS,
        "organisation_id": uid("practice"),
    }
    return build(IdentityQuestioned, usual, changes)


def an_answer(name: str = "p1", **changes: Any) -> IdentitySettled:
    usual = {"person_id": uid(name), "answer": IdentityAnswer.DIFFERENT}
    return build(IdentitySettled, usual, changes)
