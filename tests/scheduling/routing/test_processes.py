import os
import signal
from dataclasses import replace
from time import monotonic

from scheduling.routing.engines import SISR
from scheduling.routing.evaluate import evaluate
from scheduling.routing.params import DEFAULT
from scheduling.routing.problem import Effort
from scheduling.routing.processes import EngineJob, Workers
from tests.scheduling.routing.engines.draws import a_draw

LITTLE = Effort(seconds=20, work=1)


def a_job(seed: int, engine: str = SISR, effort: Effort = LITTLE) -> EngineJob:
    return EngineJob(engine, a_draw(seed), None, effort, seed)


def test_jobs_side_by_side_give_what_they_give_one_after_the_other():
    jobs = [a_job(seed) for seed in range(5)]

    with Workers(1) as here, Workers(3) as beside:
        one_by_one, together = here.run(jobs), beside.run(jobs)

    assert one_by_one == together
    assert all(evaluate(job.problem, routes) for job, routes in zip(jobs, together, strict=True))


def test_a_worker_uses_the_numbers_of_its_job():
    no_rounds = replace(DEFAULT.engines, sisr=replace(DEFAULT.engines.sisr, rounds_per_work=0))
    usual = [a_job(seed) for seed in range(5)]
    jobs = [replace(job, params=no_rounds) for job in usual]

    with Workers(1) as here, Workers(2) as beside:
        one_by_one, together = here.run(jobs), beside.run(jobs)

    assert together == one_by_one
    assert together != [job.run() for job in usual]


def test_a_worker_that_dies_has_no_result_and_is_replaced():
    with Workers(2) as workers:
        os.kill(workers.pids[0], signal.SIGKILL)
        first = workers.run([a_job(1), a_job(2)])
        second = workers.run([a_job(1), a_job(2)])

    assert first[0] is None
    assert None not in [first[1], *second]


def test_a_worker_that_fails_at_its_job_is_replaced():
    broken = EngineJob("no engine", a_draw(1), None, LITTLE, 0)

    with Workers(2) as workers:
        results = workers.run([broken, a_job(2), a_job(3)])

    assert results[0] is None
    assert None not in results[1:]


def test_workers_stop_when_they_are_told_to():
    long = Effort(seconds=60)
    began = monotonic()

    with Workers(2) as workers:
        results = workers.run([a_job(1, effort=long)], stop=lambda: monotonic() > began + 0.5)

    assert results == [None]
    assert monotonic() - began < 15


def test_no_worker_outlives_its_search():
    workers = Workers(2)
    workers.start()
    pids = workers.pids
    workers.close()

    alive = [pid for pid in pids if os.path.exists(f"/proc/{pid}")]  # noqa: PTH110

    assert len(pids) == 2
    assert alive == []
