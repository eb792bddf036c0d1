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
assert len(BY_NAME) == len(ONE_NODE), "two faults have one name"
