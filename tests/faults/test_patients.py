"""The plain reading of what senders said about people: what it forbids, and which doses it counts."""

from datetime import timedelta

import pytest

from events.identifiers import Payload
from events.location import OutbreakDeclared, OutbreakLifted
from events.practice import ConsentStatus, PatientWithdrawn, WithdrawalReason
from events.supply import StockMoved
from events.visits import NotGiven
from tests.facts import (
    DONE,
    NOW,
    a_consent,
    a_correction,
    a_delivery,
    a_dose,
    a_patient,
    a_retraction,
    a_waste,
    not_given,
    uid,
)
from tests.faults.journal import Key
from tests.faults.patients import Fact, Said, doses_said, local_day
from tests.faults.reading import Mark
from tests.faults.stock import stock_said

NO = a_consent(status=ConsentStatus.REFUSED)
PLACE = uid("wilg")


def gone(reason: WithdrawalReason) -> PatientWithdrawn:
    keys = ("person_id", "campaign_id", "location_id", "practice_id")
    return PatientWithdrawn(reason=reason, **a_patient().model_dump(include=set(keys)))


def in_order(*payloads: Payload | tuple[int, Payload]) -> dict[Key, Fact]:
    """These facts, a second apart or at the seconds given; a fact's id is its place."""
    found: dict[Key, Fact] = {}
    for n, one in enumerate(payloads):
        at, payload = one if isinstance(one, tuple) else (n, one)
        mark = Mark(
            NOW + timedelta(seconds=at), DONE + timedelta(days=1), "GG2514", n, is_dated=True
        )
        found["urn:x", str(n)] = (mark, payload)
    return found


FORBIDDEN = {
    "no": [a_patient(), a_consent(), NO],
    "a late yes": [a_patient(), (9, NO), (3, a_consent())],
    "yes and no at once": [a_patient(), (3, a_consent()), (3, NO)],
    "a refusal at the door": [a_patient(), a_consent(), not_given(reason=NotGiven.REFUSED)],
    "withdrawn": [a_patient(), a_consent(), gone(WithdrawalReason.MISTAKE)],
    "a late registration": [(9, gone(WithdrawalReason.MOVED)), (3, a_patient()), a_consent()],
    "dead": [a_patient(), a_consent(), gone(WithdrawalReason.DECEASED)],
    "an outbreak": [a_patient(), a_consent(), OutbreakDeclared(location_id=PLACE)],
}
ALLOWED = {
    "yes": [a_patient(), a_consent()],
    "yes at last": [a_patient(), NO, a_consent()],
    "a late no": [a_patient(), (9, a_consent()), (3, NO)],
    "back again": [gone(WithdrawalReason.MOVED), a_patient(), a_consent()],
    "no of a stranger": [a_patient(), a_consent(), NO.model_copy(update={"practice_id": uid("other")})],
    "an outbreak that is over": [
        a_patient(), a_consent(), OutbreakDeclared(location_id=PLACE), OutbreakLifted(location_id=PLACE),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_fact_against_it_is_found_whatever_arrived_first(name: str):
    facts = in_order(*FORBIDDEN[name])

    assert list(Said.of(facts.values()).forbids(uid("p1"), PLACE))
    assert list(Said.of(reversed(facts.values())).forbids(uid("p1"), PLACE))


@pytest.mark.parametrize("name", ALLOWED)
def test_without_one_nothing_is_found(name: str):
    facts = in_order(*ALLOWED[name])

    assert list(Said.of(facts.values()).forbids(uid("p1"), PLACE)) == []


def test_a_dose_counts_once_as_it_was_corrected_last():
    first = ("urn:x", "0")
    earlier = DONE - timedelta(days=1)
    doses = in_order(
        a_dose(),
        a_dose(),
        (9, a_correction(first, lot="LOT2", given_at=earlier)),
        (5, a_correction(first, lot="LOT3")),
    )
    retracted = in_order(a_dose(), (9, a_retraction(first)), (5, a_correction(first)))

    assert doses_said(doses) == {
        (uid("p1"), uid("corona"), 1, "LOT2", local_day(earlier)),
        (uid("p1"), uid("corona"), 1, "LOT1", local_day(DONE)),
    }
    assert doses_said(retracted) == set()


def test_a_correction_that_names_a_correction_is_about_the_dose():
    doses = in_order(
        a_dose(),
        (5, a_correction(("urn:x", "0"), lot="LOT2")),
        (9, a_correction(("urn:x", "1"), lot="LOT3")),
        (7, a_correction(("urn:x", "3"))),
    )

    assert doses_said(doses) == {(uid("p1"), uid("corona"), 1, "LOT3", local_day(DONE))}


def test_stock_is_what_was_said_last_and_each_thing_once():
    moved = StockMoved(product_id="moderna", lot="LOT1", from_depot_id=uid("post"), doses=7)
    facts = in_order(
        (9, a_delivery(doses=50)),
        (2, a_delivery(doses=500)),
        *(a_waste(3), a_waste(3), (20, moved), (20, moved), a_dose(), a_dose()),
        a_correction(("urn:x", "6"), lot="LOT2"),
        a_retraction(("urn:x", "8")),
    )

    assert +stock_said(facts) == {("GG2514", uid("post"), "LOT1"): 50 - 3 - 7 - 1}
