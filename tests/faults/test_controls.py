"""Negative controls: the same load, faults and invariants on broken variants, which must be found out.

A harness that never goes red proves nothing. Nothing of these variants is in the product: each is a small
module in `broken` that spoils one thing and then runs the product's own process.
"""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.effort import IS_LONG
from tests.faults.faults import Fault, Scene
from tests.faults.load import Pace
from tests.faults.registry import BY_NAME
from tests.faults.running import chapter
from tests.faults.world import INTAKES, PROCESSES, Plan

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
MOST = 8  # rounds until it must have been found out
QUICK = 20.0  # seconds to come to rest
AFTER = 4.0
SEED = "control"


def spoilt(variant: str, *names: str, sql: Sequence[str] = ()) -> Plan:
    """These processes as a broken variant; planner and courier are not needed."""
    launchers = dict.fromkeys(names, f"tests.faults.broken.{variant}")
    processes = [name for name in PROCESSES if name not in {"planner", "courier"}]
    return Plan(processes=processes, launchers=launchers, spoilt=sql)


def outlived(fault: Fault, *, deployed: bool) -> Fault:
    """What is said after it moves the positions on, past whatever was lost."""

    async def inject(scene: Scene) -> str:
        done = await fault.inject(scene)
        await asyncio.sleep(1)
        if deployed:  # who stands still for good is not the one who loses: a new start shows it
            for name in INTAKES:
                scene.world.signal(name, signal.SIGTERM)
        await asyncio.sleep(AFTER)
        return done

    return replace(fault, inject=inject, settle_seconds=QUICK)


async def until_found_out(
    plan: Plan, *names: str, pace: Pace | None = None, deployed: bool = False
) -> set[str]:
    """The invariants that broke in the first round that was not well; empty: it stayed green."""
    faults = [outlived(BY_NAME[name], deployed=deployed) for name in names]
    again: list[Fault] = [faults[n % len(faults)] for n in range(MOST)]
    rounds = await chapter(SEED, again, plan=plan, pace=pace)
    return set(rounds[-1].broken)


async def test_the_harness_finds_out_an_agent_with_take():
    broken = await until_found_out(
        spoilt("take", *INTAKES), "pg_terminate_backend x 8", deployed=True
    )

    # Lost. It may be restless as well: the watch ends an intake that does not begin to read again.
    assert "accepted exactly once" in broken


async def test_the_harness_finds_out_a_swallowed_error():
    broken = await until_found_out(spoilt("swallowing", *INTAKES), "kill -9 of Postgres")

    assert "accepted exactly once" in broken
    assert "comes to rest" not in broken  # lost, not late


async def test_the_harness_finds_out_copies_that_are_told_apart_by_the_database_alone():
    without_key = "ALTER TABLE seen DROP CONSTRAINT seen_pkey"
    broken = await until_found_out(
        spoilt("copies", *INTAKES, sql=[without_key]), "twice in one batch"
    )

    assert {"accepted exactly once", "applied once", "stock adds up"} & broken
    assert "accepted exactly once" in broken


async def test_the_harness_finds_out_an_intake_that_trusts_the_offsets_of_kafka():
    broken = await until_found_out(spoilt("offsets_only", *INTAKES), "records deleted unread")

    assert broken == {"gaps are what was deleted"}


async def test_the_harness_finds_out_numbers_that_are_given_without_a_lock():
    broken = await until_found_out(
        spoilt("unlocked", *INTAKES, "web"), "a burst", pace=Pace(clients=8, client_pause=0.01)
    )

    # Whoever comes last writes the number back: its facts are refused for good, numbered twice or
    # folded in another order than the ledger's.
    shown = {
        "quarantine is the poison",
        "ledger gapless",
        "accepted exactly once",
        "state is the fold",
    }
    assert shown & broken


@pytest.mark.skipif(not IS_LONG, reason="plans are awaited: a minute")
async def test_the_harness_finds_out_a_plan_that_stays_whatever_is_said_of_its_people():
    plan = spoilt("unvetoed", *INTAKES, "web")
    broken = await until_found_out(
        replace(plan, processes=[*plan.processes, "planner"]), "a range sent again", "a burst"
    )

    assert broken == {"nobody planned against a fact"}


async def test_the_harness_stays_green_on_what_is_not_broken():
    names = ("twice in one batch", "kill -9 of Postgres", "records deleted unread", "a burst")
    rounds = await chapter(SEED, [BY_NAME[name] for name in names], plan=spoilt("none"))

    assert [str(one) for one in rounds if not one.holds] == []
