"""A record that is begun while its plan is searched is the record that is written when the plan is there."""

import hashlib
import zlib
from dataclasses import replace

from scheduling.problem import Travel
from scheduling.solve import Limits, repair, solve
from services.planner.record import RECORD, BegunRecord, from_record, to_record
from tests.scheduling.builders import a_problem, a_shift, needs

AT_ONCE = Limits(0.0)


def test_a_begun_record_has_every_byte_and_the_digest_of_the_whole_one():
    problem = a_problem(needs=needs(40), shifts=(a_shift(),))
    begun = BegunRecord(problem)

    for seed in (1, 2):  # a record that is begun can be completed by several plans
        plan = repair(problem, AT_ONCE, seed=seed)
        digest, packed = begun.complete(plan)

        whole = to_record(problem, plan)
        assert zlib.decompress(packed) == whole
        assert digest == hashlib.sha256(whole).hexdigest()


def test_a_record_is_written_as_before_it_could_be_begun():
    problem = a_problem(needs=needs(12), shifts=(a_shift(),))
    plan = solve(problem, AT_ONCE)
    bare = replace(problem, travel=Travel(problem.travel.version, (), ()))

    assert to_record(problem, plan) == RECORD.dump_json((bare, plan))


def test_a_begun_record_is_read_again():
    problem = a_problem(needs=needs(5), shifts=(a_shift(),))
    plan = solve(problem, AT_ONCE)

    _, packed = BegunRecord(problem).complete(plan)
    read, again = from_record(packed)

    assert again == plan
    assert replace(read, travel=problem.travel) == problem
