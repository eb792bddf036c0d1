"""How long random tests go on: some examples in `make test`, many in `make test-long`.

Only repetitions are fewer there. What every run must see stands in a test of its own, with its data.
"""

import os
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings

IS_LONG = os.environ.get("TESTS_LONG") == "1"
T = TypeVar("T")


def either(*, short: T, long: T) -> T:
    """One of these: `short` in `make test`, `long` in `make test-long`."""
    return long if IS_LONG else short


def examples(*, short: int, long: int, **more: Any) -> settings:
    """For a property: how many examples it is tried with. No deadline, for other work may run beside it."""
    usual = {
        "deadline": None,
        "suppress_health_check": [HealthCheck.too_slow],
        # the same examples in every `make test`: a rare fault is found by the long run, not by whoever comes next
        "derandomize": not IS_LONG,
    }
    return settings(max_examples=either(short=short, long=long), **(usual | more))
