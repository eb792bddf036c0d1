"""Whatever bytes come in: an event, or a refusal that names fields and gives nothing away.

Short here; `make fuzz COUNT=1000000` sends a million through decode and a tenth of them through a real intake.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.at_fault import KNOWN_NAMES, MOST
from events.catalogue import CATALOGUE
from events.codec import decode
from events.envelope import Event, Record
from events.errors import Refusal, RejectedEvent
from tests.effort import either
from tests.events.modes import THOROUGH
from tests.events.mutations import Mutant, bases, mutant
from tests.events.oddities import BSN, CANARY

COUNT = int(os.environ.get("FUZZ_COUNT", either(short="4000", long="10000")))
RUN = int(os.environ.get("FUZZ_SEED", "1"))
PART = 2_500
OURS = KNOWN_NAMES | {"*", "value", "data", "data_base64", "datacontenttype", "content-type"}
SLOWEST_SECONDS = 2.0


@dataclass
class Seen:
    """What came of some mutants."""

    answers: Counter[str] = field(default_factory=Counter)
    distinct: set[tuple[str, str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def add(self, other: "Seen") -> None:
        self.answers += other.answers
        self.distinct |= other.distinct
        self.wrong += other.wrong
        self.slowest = max(self.slowest, other.slowest)


def complaints_about(record: Record) -> tuple[str, list[str]]:
    """The answer to a record, and what is wrong with that answer."""
    try:
        event = decode(record)
    except RejectedEvent as refused:
        return refused.reason.value, list(wrong_with(refused))
    return "event", list(wrong_with_event(event))


def wrong_with(refused: RejectedEvent) -> Iterator[str]:
    said = f"{refused!r} {refused} {refused.args} {refused.fields}"
    if not isinstance(refused.reason, Refusal) or not refused.fields:
        yield "a refusal without a reason or a field"
    if not {step for name in refused.fields for step in name.split(".") if not step.isdigit()} <= OURS:  # fmt: skip
        yield f"a field that is not ours: {refused.fields}"
    if CANARY in said or BSN in said:
        yield "a refusal that gives a value away"
    if len(refused.fields) > MOST or refused.__cause__ is not None:
        yield "a refusal that says too much"


def wrong_with_event(event: Event) -> Iterator[str]:
    try:
        json.loads(event.body, parse_constant=int)
    except ValueError:
        yield "a body that is no JSON"
    if "\\u0000" in event.body:
        yield "a body that the ledger can not keep"
    if event.envelope.type not in CATALOGUE:
        yield "a type that nobody knows"
    event.body.encode()


def try_part(run: int, first: int, count: int) -> Seen:
    """Some mutants through decode; anything but an event or a refusal is wrong."""
    seen = Seen()
    for number in range(first, first + count):
        made = mutant(run, number)
        began = perf_counter()
        try:
            answer, wrong = complaints_about(made.record)
        except Exception as error:  # noqa: BLE001 - what must never happen is counted
            answer, wrong = "crash", [f"{type(error).__name__}"]
        seen.slowest = max(seen.slowest, perf_counter() - began)
        seen.answers[answer] += 1
        seen.distinct.add((made.kind, made.position, made.of_type))
        seen.wrong += [f"seed {run} number {number}: {made.kind}: {one}" for one in wrong]
    return seen


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_spoilt_records_are_read_or_refused_and_give_nothing_away(capsys):
    seen, began = Seen(), perf_counter()
    if COUNT <= 4 * PART:
        seen.add(try_part(RUN, 0, COUNT))
    else:
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            parts = range(0, COUNT, PART)
            for part in pool.map(try_part, [RUN] * len(parts), parts, [PART] * len(parts)):
                seen.add(part)
    rate = COUNT / (perf_counter() - began)

    with capsys.disabled():
        sys.stdout.write(
            f"\nfuzz: seed {RUN}, {COUNT:,} records of {len(seen.distinct):,} mutations, {rate:,.0f}/s "
            f"with their making, slowest {seen.slowest * 1000:.0f} ms; {dict(seen.answers.most_common())}\n"
        )
    assert seen.wrong == []
    assert seen.answers.total() >= COUNT
    assert len(seen.distinct) >= min(5000, COUNT // 2)
    assert seen.slowest < SLOWEST_SECONDS
    assert seen.answers["event"] > COUNT // 100


def test_mutations_are_the_same_for_the_same_seed():
    first = [mutant(3, number) for number in range(200)]

    again = [mutant(3, number) for number in range(200)]

    assert again == first
    assert [mutant(4, number) for number in range(200)] != first


@pytest.mark.slow
def test_there_are_five_thousand_mutations_of_every_type_among_valid_events():
    made = [mutant(2, number) for number in range(10_000)]

    assert len({(one.kind, one.position, one.of_type) for one in made}) >= 5000
    assert {one.of_type for one in made} == set(CATALOGUE)
    for base in bases():
        assert decode(base.structured) == decode(base.binary)


def test_a_decoder_that_gives_a_value_away_is_seen():
    leaking = RejectedEvent(Refusal.INVALID_PAYLOAD, (f"name.{CANARY}",))

    assert len(list(wrong_with(leaking))) == 2
    assert list(wrong_with(RejectedEvent(Refusal.NOT_AN_EVENT)))


@THOROUGH
@given(value=st.binary(max_size=400), number=st.integers(0, 100_000), where=st.integers(0, 10_000))
def test_any_bytes_anywhere_in_a_spoilt_record_are_read_or_refused(value, number, where):
    made: Mutant = mutant(5, number)
    old = made.record.value or b""
    place = where % (len(old) + 1)
    record = Record(made.record.system, old[:place] + value + old[place:], made.record.headers)

    _, wrong = complaints_about(record)

    assert wrong == []
