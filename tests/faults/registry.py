"""Every fault of a world with one broker, by name."""

from tests.faults import broker_faults, data_faults, database_faults, process_faults
from tests.faults.faults import Fault

ONE_NODE: tuple[Fault, ...] = (
    *process_faults.FAULTS,
    *database_faults.FAULTS,
    *broker_faults.FAULTS,
    *data_faults.FAULTS,
)
BY_NAME = {fault.name: fault for fault in ONE_NODE}
# What `make test` breaks, beside what test_controls, test_regressions and test_failures_of_others break in their worlds.
# The others are the same injections with other targets; `make test-long` and `make faults` draw from all.
EVERY_RUN: tuple[str, ...] = (
    "SIGTERM planner",
    "kill -9 intake-1 and relay",
    "SIGTERM courier",
    "zombie intake",
    "requests half said",
    "offsets moved to the begin",
    "kill -9 web and planner",
    "by two doors at once",
    "freeze courier",
    "kill -9 while it starts",
    "freeze web",
    "a range sent again",
    "restart of Postgres",
    "SIGTERM intake-0",
    "kill -9 of broker and relay",
    "no connection left",
    "SIGTERM web",
    "pg_cancel_backend x 8",
    "kill -9 of everything",
    "clock +24 h",
    "freeze relay",
    "pg_terminate_backend x 1",
    "kill -9 intake-0 and intake-1",
    "group deleted",
    "lock held on the counters of the regions, at most 3 s",
    "connections that do not answer",
    "kill -9 courier",
)
assert len(BY_NAME) == len(ONE_NODE), "two faults have one name"
