"""Rules between the fields of the newer payloads."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from events.identifiers import Remark
from tests.facts import (
    TEN,
    a_confirmation,
    a_count,
    a_delay,
    a_move,
    a_reading,
    a_reserve,
    a_swap,
)

REMARK: TypeAdapter[str] = TypeAdapter(Remark)


@pytest.mark.parametrize(
    "text", ["asked for by phone, 14:30", "lot 3001234 came late", "5", "90 and over first"]
)
def test_a_remark_is_written_freely(text: str):
    assert REMARK.validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "999990019", "bel 0612345678", "mail jan@example.org", "BSN 12345678.", "a\nb", "x" * 281],
)
def test_a_remark_with_an_address_or_a_long_number_is_refused(text: str):
    with pytest.raises(ValidationError):
        REMARK.validate_python(text)


def test_a_move_says_why():
    with pytest.raises(ValidationError, match="reason"):
        a_move(reason="")


@pytest.mark.parametrize(
    "hidden", ["registered", "plannable", "planned", "dose_1_given", "refused"]
)
@pytest.mark.parametrize("people", [1, 4])
def test_a_count_that_could_show_somebody_is_refused(hidden: str, people: int):
    with pytest.raises(ValidationError, match=hidden):
        a_count(**{hidden: people})


@pytest.mark.parametrize("people", [None, 0, 5])
def test_a_count_is_hidden_or_of_nobody_or_of_enough(people: int | None):
    assert a_count(registered=people).registered == people


@pytest.mark.parametrize(
    ("build", "changes"),
    [
        (a_reading, {"team_id": "a5a5a5a5-0000-4000-8000-000000000000"}),
        (a_reading, {"depot_id": None}),
        (a_reading, {"excursion": True}),
        (a_reading, {"celsius": float("nan")}),
        (a_confirmation, {"wishes_from": TEN}),
        (a_confirmation, {"wishes_from": TEN, "wishes_until": TEN - timedelta(minutes=1)}),
        (a_reserve, {"reachable_until": TEN}),
        (a_delay, {"minutes": 721}),
    ],
    ids=[
        "two places",
        "no place",
        "no lot",
        "no number",
        "half a wish",
        "wish ends first",
        "no time",
        "days late",
    ],
)
def test_what_contradicts_itself_is_refused(build: Any, changes: dict[str, Any]):
    with pytest.raises(ValidationError):
        build(**changes)


def test_a_swap_names_a_shift_once():
    with pytest.raises(ValidationError, match="each shift once"):
        a_swap(("shift", "team"), ("shift", "team 2"))
