"""Whether registrations of one person are seen to be of one person: precision and recall of those without a BSN.

A registration without a number whose person was said before is found when it gets that person's id, or becomes a question
about that person; it is wrong when it gets the id of somebody else, or asks about somebody else. Of those that a person has
to answer the share is told apart: nobody is made one silently on less than a whole name, birth date and address.
"""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from infra.crypto import Keys
from infra.postgres.placing import Batch
from tests.bench.matching import Registered, draw_people, draw_registrations
from tests.bench.measuring import show

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PEOPLE = int(os.environ.get("PEOPLE", "36000"))
NOW = datetime(2021, 2, 1, tzinfo=UTC)


def judge(batch: Batch, registered: list[Registered]) -> Counter[str]:
    """What became of each registration, by kind."""
    truth_of: dict[
        UUID, int
    ] = {}  # a person of the vault -> who it is in truth, by whom it was made
    known: set[int] = set()
    found: Counter[str] = Counter()
    for one in registered:
        decision = batch.decide(one.said)
        made = batch.place(one.said, decision)
        batch.written.statements.clear()
        batch.written.traits.clear()
        meant = decision.known.id if decision.known is not None else decision.other
        how = "linked" if decision.known is not None else "asked" if meant is not None else "new"
        right = meant is not None and truth_of.get(meant) == one.truth
        truth_of.setdefault(made.id, one.truth)
        if one.said.person.bsn is None:
            known_before = "known" if one.truth in known else "first"
            found[f"{known_before} {how} {'right' if right else 'wrong'}"] += 1
        known.add(one.truth)
    return found


def test_registrations_without_a_number_are_found_again(tmp_path: Path, capsys):
    rng = Random(14)
    people = list(draw_people(rng, PEOPLE))
    registered = draw_registrations(rng, people)
    Keys.create(tmp_path / "key")
    keys = Keys.read(tmp_path / "key")

    found = judge(Batch(keys, [], NOW), registered)

    right = sum(n for kind, n in found.items() if kind.endswith("right"))
    wrong = (
        found["known linked wrong"]
        + found["known asked wrong"]
        + found["first linked wrong"]
        + found["first asked wrong"]
    )
    total = sum(n for kind, n in found.items() if kind.startswith("known"))
    linked = found["known linked right"], found["known linked wrong"] + found["first linked wrong"]
    show(
        capsys,
        "matching",
        [
            (
                "registrations",
                f"{len(registered)} of {len(people)} people, {sum(found.values())} without a number",
            ),
            ("recall", f"{right / total:.4f} of {total} whose person was known"),
            ("precision", f"{right / (right + wrong):.4f} of {right + wrong} found"),
            ("without asking", f"{linked[0]} right, {linked[1]} wrong"),
            *sorted((kind, str(n)) for kind, n in found.items()),
        ],
    )
    assert len(registered) >= 50_000 or PEOPLE < 36_000
    # Drawn from a seed: no chance, no clock.
    assert right / total >= 0.98
    assert right / (right + wrong) >= 0.99
    assert linked[1] == 0
